// All of tessera/ffn/.
#pragma once

#include "tessera/ffn/any.hpp"
#include "tessera/ffn/gated.hpp"
#include "tessera/ffn/mlp.hpp"
