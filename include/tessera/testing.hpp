// All of tessera/testing/.
#pragma once

#include "tessera/testing/allocations.hpp"
#include "tessera/testing/check_cache.hpp"
#include "tessera/testing/check_executor.hpp"
#include "tessera/testing/check_score_policy.hpp"
