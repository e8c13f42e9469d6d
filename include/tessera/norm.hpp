// All of tessera/norm/.
#pragma once

#include "tessera/norm/any.hpp"
#include "tessera/norm/group.hpp"
#include "tessera/norm/identity.hpp"
#include "tessera/norm/l2.hpp"
#include "tessera/norm/layer.hpp"
#include "tessera/norm/rms.hpp"
