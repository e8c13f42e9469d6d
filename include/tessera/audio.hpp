// All of tessera/audio/.
#pragma once

#include "tessera/audio/log_mel.hpp"
#include "tessera/audio/mel.hpp"
#include "tessera/audio/quiet.hpp"
#include "tessera/audio/resample.hpp"
