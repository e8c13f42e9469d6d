// The matrix products with weights of every format.
#include "tessera/gemm/packers.hpp"

template struct tessera::gemm::packers_of<tessera::gemm::block_formats>;
