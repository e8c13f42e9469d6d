// The text model within a checkpoint of one that also sees or hears: its configuration, and its tensors under the names
// they have where it stands alone.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tessera/models/checkpoint.hpp"
#include "tessera/models/config_keys.hpp"

namespace tessera::inline TESSERA_ABI::models {

// "model.…" is found as "model.language_model.…".
class text_tensors {
public:
    explicit text_tensors(io::any_source all) : all_(std::move(all)) {}

    const quant::stored_tensor* find(std::string_view name) const { return all_.find(full_name(name)); }
    std::span<const std::string> names() const { return all_.names(); }
    io::tensor_info describe(std::string_view name) const { return all_.describe(full_name(name)); }
    std::string file_of(std::string_view name) const { return all_.file_of(full_name(name)); }

private:
    static std::string full_name(std::string_view name) {
        constexpr std::string_view alone = "model.", within = "model.language_model.";
        if (!name.starts_with(alone)) return std::string(name);
        return std::string(within) + std::string(name.substr(alone.size()));
    }

    io::any_source all_;
};

// The checkpoint itself where it is one of text alone.
inline checkpoint text_part(checkpoint files) {
    const io::json* text = present(files.config, "text_config");
    if (text == nullptr) return files;
    io::json config = *text;
    files.config = std::move(config);
    files.weights = text_tensors(std::move(files.weights));
    return files;
}

}
