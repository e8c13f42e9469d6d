// All of tessera/decode/.
#pragma once

#include "tessera/decode/generate.hpp"
#include "tessera/decode/stop.hpp"
