// A GGUF file seen as a Hugging Face checkpoint: its metadata as config.json spells it, its tensors under those names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tessera/models/gguf_config.hpp"
#include "tessera/models/gguf_views.hpp"

namespace tessera::inline TESSERA_ABI::models {

class gguf_files {
public:
    explicit gguf_files(io::gguf file)
        : file_(std::move(file)), architecture_(gguf_config(file_).architecture()), views_(views_of(file_)) {}

    const quant::stored_tensor* find(std::string_view name) const {
        const gguf_place at = place_of(architecture_, name);
        if (at.name.empty()) return file_.find(name);
        if (const quant::stored_tensor* part = views_.part(at.name); part != nullptr) return part;
        const quant::stored_tensor* whole = file_.find(at.name);  // refuses what nothing here can read
        return whole == nullptr || at.expert < 0 ? whole : views_.expert(at.name, at.expert);
    }
    std::span<const std::string> names() const { return file_.names(); }
    io::tensor_info describe(std::string_view name) const { return file_.describe(name); }
    std::string file_of(std::string_view name) const { return file_.file_of(name); }

    io::json config() const { return gguf_config(file_).read(); }
    io::json generation() const {
        const io::json* end = file_.metadata().find("tokenizer.ggml.eos_token_id");
        return end == nullptr ? io::json(io::json::object{}) : io::json(io::json::object{{"eos_token_id", *end}});
    }

    // Whether rows of queries and keys that rotate together are neighbours here, and halves in the original.
    bool pairs_halves() const { return models::pairs_halves(architecture_); }

private:
    static gguf_views views_of(const io::gguf& file) {
        const gguf_config config(file);
        return {file, config.architecture(), config.query_rows(), config.key_rows()};
    }

    io::gguf file_;
    std::string architecture_;
    gguf_views views_;
};

}
