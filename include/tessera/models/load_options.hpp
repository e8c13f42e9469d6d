// What a caller may say when a model is loaded.
#pragma once

#include <filesystem>
#include <vector>

#include "tessera/core/progress.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct load_options {
    index_t context = 0;                            // positions to prepare for; 0: those that the model was made for
    std::vector<std::filesystem::path> adapters{};  // directories of low-rank adapters, merged one after another
    progress_ref progress = no_progress;            // layers done, layers in all
};

}
