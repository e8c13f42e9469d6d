// All of tessera/decode/.
#pragma once

#include "tessera/decode/beam.hpp"
#include "tessera/decode/branches.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/decode/prompt.hpp"
#include "tessera/decode/stop.hpp"
