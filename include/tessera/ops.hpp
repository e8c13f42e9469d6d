// All of tessera/ops/.
#pragma once

#include "tessera/ops/activation.hpp"
#include "tessera/ops/block_sums.hpp"
#include "tessera/ops/elementwise.hpp"
#include "tessera/ops/fft.hpp"
#include "tessera/ops/softmax.hpp"
#include "tessera/ops/streams.hpp"
#include "tessera/ops/topk.hpp"
