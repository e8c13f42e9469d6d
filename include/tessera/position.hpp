// All of tessera/position/.
#pragma once

#include "tessera/position/any.hpp"
#include "tessera/position/learned.hpp"
#include "tessera/position/query_growth.hpp"
#include "tessera/position/rope.hpp"
#include "tessera/position/rope_scaling.hpp"
#include "tessera/position/sinusoidal.hpp"
