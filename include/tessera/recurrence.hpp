// All of tessera/recurrence/.
#pragma once

#include "tessera/recurrence/delta_rule.hpp"
#include "tessera/recurrence/linear_rows.hpp"
#include "tessera/recurrence/linear_state.hpp"
#include "tessera/recurrence/mlstm.hpp"
#include "tessera/recurrence/rg_lru.hpp"
#include "tessera/recurrence/selective_scan.hpp"
#include "tessera/recurrence/wkv.hpp"
