// All of tessera/quant/.
#pragma once

#include "tessera/quant/activations.hpp"
#include "tessera/quant/any.hpp"
#include "tessera/quant/format.hpp"
#include "tessera/quant/iq4_nl.hpp"
#include "tessera/quant/k_factors.hpp"
#include "tessera/quant/mxfp4.hpp"
#include "tessera/quant/q4_0.hpp"
#include "tessera/quant/q4_1.hpp"
#include "tessera/quant/q4_k.hpp"
#include "tessera/quant/q5_0.hpp"
#include "tessera/quant/q5_1.hpp"
#include "tessera/quant/q5_k.hpp"
#include "tessera/quant/q6_k.hpp"
#include "tessera/quant/q8_0.hpp"
#include "tessera/quant/storage.hpp"
