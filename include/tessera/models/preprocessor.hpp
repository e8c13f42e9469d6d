// Where the directory of a model says how what it reads is prepared.
#pragma once

#include <filesystem>
#include <string>

#include "tessera/io/json.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What `read` makes of the directory of a model: of preprocessor_config.json, or the part about sound of
// processor_config.json.
template <class Read>
auto read_preprocessor(const std::filesystem::path& directory, Read read) {
    const std::filesystem::path whole = directory / "processor_config.json",
                                own = directory / "preprocessor_config.json";
    const bool nested = !std::filesystem::exists(own) && std::filesystem::exists(whole);
    const std::string path = (nested ? whole : own).string();
    try {
        const io::json file = io::read_json(path);
        return read(nested ? file.at("feature_extractor") : file);
    } catch (const error& e) {
        throw e.in(path);
    }
}

}
