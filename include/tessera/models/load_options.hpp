// What a caller may say when a model is loaded.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tessera/core/progress.hpp"

namespace tessera::inline TESSERA_ABI::models {

// A directory with a low-rank adapter, and the name by which sequences choose it.
struct kept_adapter {
    std::string name;
    std::filesystem::path directory;
};

struct load_options {
    index_t context = 0;                            // positions to prepare for; 0: those that the model was made for
    std::vector<std::filesystem::path> adapters{};  // directories of low-rank adapters, merged one after another
    std::vector<kept_adapter> kept_adapters{};      // not merged: session_options::adapter, batch::adapters
    progress_ref progress = no_progress;            // layers done, layers in all
};

}
