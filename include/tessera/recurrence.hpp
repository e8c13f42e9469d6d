// All of tessera/recurrence/.
#pragma once

#include "tessera/recurrence/selective_scan.hpp"
