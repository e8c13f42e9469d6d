// All of tessera/conv/.
#pragma once

#include "tessera/conv/causal.hpp"
#include "tessera/conv/grouped.hpp"
#include "tessera/conv/patches.hpp"
#include "tessera/conv/strided.hpp"
