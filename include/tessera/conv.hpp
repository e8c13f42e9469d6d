// All of tessera/conv/.
#pragma once

#include "tessera/conv/causal.hpp"
