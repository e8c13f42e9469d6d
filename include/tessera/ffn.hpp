// All of tessera/ffn/.
#pragma once

#include "tessera/ffn/adapted.hpp"
#include "tessera/ffn/clamped_gated.hpp"
#include "tessera/ffn/dense.hpp"
#include "tessera/ffn/dispatch.hpp"
#include "tessera/ffn/gated.hpp"
#include "tessera/ffn/gaussian_top_k.hpp"
#include "tessera/ffn/mlp.hpp"
#include "tessera/ffn/moe.hpp"
#include "tessera/ffn/routing.hpp"
#include "tessera/ffn/sparse_gated.hpp"
