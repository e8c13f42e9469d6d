// expect: (constraints not satisfied|does not satisfy .cache)
// A cache that cannot fork is none.
#include "tessera/cache/ref.hpp"

struct forgetful {
    using stored = float;
    tessera::index_t layers() const { return 1; }
};

void run(forgetful& c) { tessera::cache::ref borrowed(c); }
