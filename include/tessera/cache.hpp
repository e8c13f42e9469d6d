// All of tessera/cache/.
#pragma once

#include "tessera/cache/blocks.hpp"
#include "tessera/cache/cache.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/cache/layout.hpp"
#include "tessera/cache/ref.hpp"
#include "tessera/cache/ring.hpp"
#include "tessera/cache/states.hpp"
