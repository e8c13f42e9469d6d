// Low-rank adapters (LoRA, Hu et al. 2021; DoRA, Liu et al. 2024; rank-stabilised, Kalajdzievski 2023) as PEFT saves
// them, merged into the weights of a checkpoint while it is read.
#pragma once

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/core/tensor.hpp"
#include "tessera/io/memory.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/models/checkpoint.hpp"
#include "tessera/models/config_keys.hpp"
#include "tessera/models/weights.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What adapter_config.json says.
struct adapter_options {
    double alpha = 8;
    bool rank_stabilised = false;                          // scaled by alpha / √rank, not alpha / rank
    bool transposed = false;                               // the base's weights are [inputs, outputs]
    std::vector<std::pair<std::string, double>> alphas{};  // of modules whose name ends so

    float scale(std::string_view module, index_t rank) const {
        double a = alpha;
        for (const auto& [ending, of_ending] : alphas)
            if (module.ends_with(ending)) a = of_ending;
        return static_cast<float>(a / (rank_stabilised ? std::sqrt(double(rank)) : double(rank)));
    }
};

inline adapter_options read_adapter_options(const io::json& c) {
    const std::string kind = c.get_or("peft_type", "LORA");
    if (kind != "LORA")
        throw error(errc::unsupported, "no such kind of adapter",
                    {.subject = "peft_type", .expected = "LORA", .found = kind});
    adapter_options o{.alpha = c.get_or("lora_alpha", 8.0),
                      .rank_stabilised = c.get_or("use_rslora", false),
                      .transposed = c.get_or("fan_in_fan_out", false)};
    if (const io::json* pattern = present(c, "alpha_pattern"); pattern != nullptr)
        for (const auto& [key, value] : pattern->as_object()) o.alphas.emplace_back(key, value.as<double>(key));
    return o;
}

// A base's weights with those that an adapter changes in place of its own.
class adapted_source {
public:
    // directory: adapter_config.json and adapter_model.safetensors.
    adapted_source(io::any_source base, const std::filesystem::path& directory)
        : base_(std::move(base)),
          adapter_(io::safetensors::open((directory / "adapter_model.safetensors").string())),
          factors_(adapter_),
          options_(read_adapter_options(io::read_json((directory / "adapter_config.json").string()))) {
        for (const std::string& name : adapter_.names())
            if (name.find(".lora_") == std::string::npos) replace(name);
        for (const std::string& name : adapter_.names())
            if (name.find(".lora_") != std::string::npos) adapt(name);
    }

    const quant::stored_tensor* find(std::string_view name) const {
        const quant::stored_tensor* changed = changed_.find(name);
        return changed != nullptr ? changed : base_.find(name);
    }
    std::span<const std::string> names() const { return base_.names(); }
    io::tensor_info describe(std::string_view name) const {
        const quant::stored_tensor* changed = changed_.find(name);
        return changed != nullptr ? io::describe(*changed) : base_.describe(name);
    }
    std::string file_of(std::string_view name) const { return base_.file_of(name); }

private:
    // A tensor that is saved whole.
    void replace(const std::string& name) {
        constexpr std::string_view inner = ".base_layer";
        std::string module = module_of(name);
        if (const std::size_t at = module.find(inner); at != std::string::npos) module.erase(at, inner.size());
        changed_.add(own_name(module), *adapter_.find(name));
    }

    void adapt(const std::string& name) {
        const std::size_t at = name.find(".lora_") + 1;
        const std::string part = name.substr(at), module = module_of(name);
        if (part == "lora_A.weight") return merge(module, name.substr(0, at));
        if (part == "lora_embedding_A") return merge_embedding(module, name.substr(0, at));
        if (part != "lora_B.weight" && part != "lora_embedding_B" && part != "lora_magnitude_vector")
            throw error(errc::unsupported, "no such part of an adapter",
                        {.file = adapter_.file_of(name), .subject = name});
    }

    static constexpr std::string_view prefix = "base_model.model.";

    // "base_model.model.lm_head.lora_A.weight" → "lm_head"
    static std::string module_of(const std::string& name) {
        if (!name.starts_with(prefix))
            throw error(errc::format, "not a tensor of an adapter",
                        {.subject = name, .expected = std::string(prefix) + "…"});
        return name.substr(prefix.size(), name.find(".lora_") - prefix.size());
    }

    // The name that the base has for it: files of a bare stack lack the first part.
    std::string own_name(const std::string& name) const {
        if (base_.find(name) != nullptr) return name;
        const std::string bare = name.substr(name.find('.') + 1);
        if (base_.find(bare) != nullptr) return bare;
        throw error(errc::missing, "an adapter changes a tensor that the model has not",
                    {.file = adapter_.file_of(name), .subject = name});
    }

    // W + scale · B A, each row scaled to its magnitude if there is one.
    void merge(const std::string& module, const std::string& at) {
        const std::string name = own_name(module + ".weight");
        const quant::stored_tensor& base = *find(name);
        const index_t rank = io::require(adapter_, at + "lora_A.weight").extent(0);
        const index_t outputs = base.extent(options_.transposed ? 1 : 0),
                      inputs = base.extent(options_.transposed ? 0 : 1);
        tensor<float> w = options_.transposed ? models::weights(*this).transposed_matrix(name, inputs, outputs)
                                              : models::weights(*this).matrix(name, outputs, inputs);
        add_product(w, factors_.matrix(at + "lora_B.weight", outputs, rank),
                    factors_.matrix(at + "lora_A.weight", rank, inputs), options_.scale(module, rank));
        if (adapter_.find(at + "lora_magnitude_vector") != nullptr)
            scale_rows(w, factors_.vector(at + "lora_magnitude_vector", outputs));
        keep(name, base, options_.transposed ? turned(w) : std::move(w));
    }

    // An embedding's factors are [rank, vocabulary] and [width, rank].
    void merge_embedding(const std::string& module, const std::string& at) {
        const std::string name = own_name(module + ".weight");
        const quant::stored_tensor& base = *find(name);
        const index_t rank = io::require(adapter_, at + "lora_embedding_A").extent(0);
        tensor<float> w = models::weights(*this).matrix(name, base.extent(0), base.extent(1));
        add_product(w, factors_.transposed_matrix(at + "lora_embedding_A", rank, base.extent(0)),
                    factors_.transposed_matrix(at + "lora_embedding_B", base.extent(1), rank),
                    options_.scale(module, rank));
        keep(name, base, std::move(w));
    }

    // w += scale · left · right; left: [rows, rank], right: [rank, columns]
    static void add_product(tensor<float>& w, const tensor<float>& left, const tensor<float>& right, float scale) {
        for (index_t r = 0; r < w.extent(0); ++r)
            for (index_t k = 0; k < left.extent(1); ++k)
                for (index_t c = 0; c < w.extent(1); ++c) w(r, c) += scale * left(r, k) * right(k, c);
    }
    static void scale_rows(tensor<float>& w, const tensor<float, 1>& magnitude) {
        for (index_t r = 0; r < w.extent(0); ++r) {
            double squares = 0;
            for (index_t c = 0; c < w.extent(1); ++c) squares += double(w(r, c)) * double(w(r, c));
            const auto factor = static_cast<float>(double(magnitude(r)) / std::sqrt(squares));
            for (index_t c = 0; c < w.extent(1); ++c) w(r, c) *= factor;
        }
    }
    static tensor<float> turned(const tensor<float>& w) {
        tensor<float> t({w.extent(1), w.extent(0)});
        for (index_t r = 0; r < w.extent(0); ++r)
            for (index_t c = 0; c < w.extent(1); ++c) t(c, r) = w(r, c);
        return t;
    }

    // In 16 bits where the base has no more.
    void keep(const std::string& name, const quant::stored_tensor& base, tensor<float> w) {
        if (base.format == quant::storage::f32) return own(name, std::move(w));
        if (base.format == quant::storage::bf16) return own(name, rounded<bf16>(w));
        own(name, rounded<f16>(w));
    }
    template <class T>
    static tensor<T> rounded(const tensor<float>& w) {
        tensor<T> r({w.extent(0), w.extent(1)});
        for (index_t i = 0; i < w.size(); ++i) r.data()[i] = T(w.data()[i]);
        return r;
    }
    template <class T>
    void own(const std::string& name, tensor<T> w) {
        auto held = std::make_shared<const tensor<T>>(std::move(w));
        changed_.add(name, held->view());
        owned_.push_back(std::move(held));
    }

    io::any_source base_;
    io::safetensors adapter_;
    models::weights factors_;
    adapter_options options_;
    io::memory changed_;
    std::vector<std::shared_ptr<const void>> owned_;
};

// The checkpoint with the adapter of a directory merged in; further adapters go on top. A head that is tied to an
// adapted embedding changes with it, as after PEFT's own merge. Throws errc::missing for a
// tensor that the model has not, errc::shape where factors do not fit, errc::unsupported for other kinds.
inline checkpoint with_adapter(checkpoint files, const std::filesystem::path& directory) {
    files.weights = adapted_source(files.weights, directory);
    return files;
}
inline checkpoint with_adapters(checkpoint files, std::span<const std::filesystem::path> directories) {
    for (const std::filesystem::path& directory : directories) files = with_adapter(std::move(files), directory);
    return files;
}

}
