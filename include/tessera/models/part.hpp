// One model within a checkpoint of several: its part of the configuration, and its tensors under the names that they
// have where it stands alone.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/models/checkpoint.hpp"
#include "tessera/models/config_keys.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Tensors whose names begin with `within` are found as if they began with `alone`.
struct part_prefix {
    std::string_view within, alone;
};

class part_tensors {
public:
    // Several prefixes of a name are tried in this order, then the name itself.
    part_tensors(io::any_source all, std::initializer_list<part_prefix> prefixes)
        : all_(std::move(all)), prefixes_(prefixes), sorted_(all_.names().begin(), all_.names().end()) {
        std::ranges::sort(sorted_);
    }

    const quant::stored_tensor* find(std::string_view name) const { return all_.find(full_name(name)); }
    std::span<const std::string> names() const { return all_.names(); }
    io::tensor_info describe(std::string_view name) const { return all_.describe(full_name(name)); }
    std::string file_of(std::string_view name) const { return all_.file_of(full_name(name)); }

private:
    std::string full_name(std::string_view name) const {
        for (const part_prefix& prefix : prefixes_) {
            if (!name.starts_with(prefix.alone)) continue;
            std::string full = std::string(prefix.within) + std::string(name.substr(prefix.alone.size()));
            if (std::ranges::binary_search(sorted_, std::string_view(full))) return full;
        }
        return std::string(name);
    }

    io::any_source all_;
    std::vector<part_prefix> prefixes_;
    std::vector<std::string_view> sorted_;  // all names
};

// The part that the key describes. Throws errc::missing when there is none.
inline checkpoint part_of(checkpoint files, std::string_view key, std::initializer_list<part_prefix> prefixes) {
    io::json config = files.config.at(key);
    files.config = std::move(config);
    files.weights = part_tensors(std::move(files.weights), prefixes);
    return files;
}

// The text model of one that also sees or hears; the checkpoint itself where it is one of text alone.
inline checkpoint text_part(checkpoint files) {
    if (present(files.config, "text_config") == nullptr) return files;
    return part_of(std::move(files), "text_config", {{"model.language_model.", "model."}, {"language_model.", ""}});
}

}
