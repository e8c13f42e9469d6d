// All of tessera/core/.
#pragma once

#include "tessera/core/bits.hpp"
#include "tessera/core/error.hpp"
#include "tessera/core/function_ref.hpp"
#include "tessera/core/key_blocks.hpp"
#include "tessera/core/progress.hpp"
#include "tessera/core/ragged.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/result.hpp"
#include "tessera/core/row_adapters.hpp"
#include "tessera/core/tensor.hpp"
#include "tessera/core/types.hpp"
#include "tessera/core/view.hpp"
#include "tessera/core/workspace.hpp"
