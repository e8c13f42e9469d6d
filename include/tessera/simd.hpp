// All of tessera/simd/.
#pragma once

#include "tessera/simd/bytes.hpp"
#include "tessera/simd/isa.hpp"
#include "tessera/simd/math.hpp"
#include "tessera/simd/reduce.hpp"
#include "tessera/simd/vec.hpp"
