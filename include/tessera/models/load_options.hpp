// What a caller may say when a model is loaded.
#pragma once

#include "tessera/core/progress.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct load_options {
    index_t context = 0;                  // positions to prepare for; 0: those that the model was made for
    progress_ref progress = no_progress;  // layers done, layers in all
};

}
