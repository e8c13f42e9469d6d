// All of tessera/embedding/.
#pragma once

#include "tessera/embedding/table.hpp"
