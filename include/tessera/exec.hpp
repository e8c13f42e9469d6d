// All of tessera/exec/.
#pragma once

#include "tessera/exec/cores.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/exec/gate.hpp"
#include "tessera/exec/openmp.hpp"
#include "tessera/exec/partition.hpp"
#include "tessera/exec/thread_pool.hpp"
