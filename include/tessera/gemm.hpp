// All of tessera/gemm/.
#pragma once

#include "tessera/gemm/affine.hpp"
#include "tessera/gemm/blocking.hpp"
#include "tessera/gemm/epilogue.hpp"
#include "tessera/gemm/linear.hpp"
#include "tessera/gemm/low_rank.hpp"
#include "tessera/gemm/multiply.hpp"
#include "tessera/gemm/operand.hpp"
#include "tessera/gemm/packed.hpp"
#include "tessera/gemm/packed_blocks.hpp"
#include "tessera/gemm/packers.hpp"
#include "tessera/gemm/put_into.hpp"
#include "tessera/gemm/split.hpp"
#include "tessera/gemm/weight_memory.hpp"
