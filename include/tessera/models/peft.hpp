// Low-rank adapters as PEFT saves them: adapter_config.json and adapter_model.safetensors of a directory.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/core/tensor.hpp"
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

// w += left · right; left: [rows, rank], right: [rank, columns]
inline void add_product(tensor<float>& w, const tensor<float>& left, const tensor<float>& right) {
    for (index_t r = 0; r < w.extent(0); ++r)
        for (index_t k = 0; k < left.extent(1); ++k)
            for (index_t c = 0; c < w.extent(1); ++c) w(r, c) += left(r, k) * right(k, c);
}

// What rows are multiplied by to have those lengths.
inline tensor<float, 1> row_factors(const tensor<float>& w, const tensor<float, 1>& lengths) {
    tensor<float, 1> factors({w.extent(0)});
    for (index_t r = 0; r < w.extent(0); ++r) {
        double squares = 0;
        for (index_t c = 0; c < w.extent(1); ++c) squares += double(w(r, c)) * double(w(r, c));
        factors(r) = static_cast<float>(double(lengths(r)) / std::sqrt(squares));
    }
    return factors;
}

// A saved adapter beside the checkpoint that it is for. Throws errc::missing for a tensor that the model has not,
// errc::shape where factors do not fit, errc::unsupported for other kinds and for what GGUF files have in another
// order.
class peft_adapter {
public:
    peft_adapter(const checkpoint& base, const std::filesystem::path& directory)
        : base_(base),
          file_(io::safetensors::open((directory / "adapter_model.safetensors").string())),
          options_(read_adapter_options(io::read_json((directory / "adapter_config.json").string()))) {}

    const io::safetensors& file() const { return file_; }

    enum class part { linear, embedding, whole, other_factor };
    static part part_of(const std::string& name) {
        const std::size_t at = name.find(".lora_");
        if (at == std::string::npos) return part::whole;
        const std::string_view kind = std::string_view(name).substr(at + 1);
        if (kind == "lora_A.weight") return part::linear;
        if (kind == "lora_embedding_A") return part::embedding;
        if (kind == "lora_B.weight" || kind == "lora_embedding_B" || kind == "lora_magnitude_vector")
            return part::other_factor;
        throw error(errc::unsupported, "no such part of an adapter", {.subject = name});
    }

    // The base's tensor that one of the adapter's is for.
    std::string tensor_of(const std::string& name) const {
        constexpr std::string_view inner = ".base_layer";
        std::string module = module_of(name);
        if (part_of(name) != part::whole) return own_name(module + ".weight");
        if (const std::size_t at = module.find(inner); at != std::string::npos) module.erase(at, inner.size());
        const std::string own = own_name(module);
        if (!row_order(own, file_.find(name)->extent(0)).empty())
            throw error(errc::unsupported,
                        "a GGUF file has the numbers of a tensor that is saved whole in another order",
                        {.file = file_.file_of(name), .subject = name});
        return own;
    }

    // Factors of a linear map or an embedding, rows in the order of the base's file.
    struct factors {
        tensor<float> a;               // [rank, inputs]
        tensor<float> b;               // [outputs, rank], times the scale
        tensor<float, 1> magnitude{};  // [outputs], or empty
    };
    factors factors_of(const std::string& name) const {
        const std::string own = tensor_of(name), module = module_of(name);
        const quant::stored_tensor& w = *base_.weights.find(own);
        const index_t outputs = w.extent(turned() ? 1 : 0), inputs = w.extent(turned() ? 0 : 1);
        return ordered(part_of(name) == part::linear ? of_linear(name, module, outputs, inputs)
                                                     : of_embedding(name, module, outputs, inputs),
                       row_order(own, outputs));
    }

    // W + b a of that tensor, [outputs, inputs]; without the magnitude.
    tensor<float> sum(const io::source_ref& base, const std::string& own, const factors& f) const {
        const index_t outputs = f.b.extent(0), inputs = f.a.extent(1);
        tensor<float> w = turned() ? weights(base).transposed_matrix(own, inputs, outputs)
                                   : weights(base).matrix(own, outputs, inputs);
        add_product(w, f.b, f.a);
        return w;
    }

    // Whether the base's file has [inputs, outputs].
    bool turned() const { return options_.transposed && !base_.gguf; }

private:
    // "base_model.model.lm_head.lora_A.weight" → "lm_head"
    static std::string module_of(const std::string& name) {
        constexpr std::string_view prefix = "base_model.model.";
        if (!name.starts_with(prefix))
            throw error(errc::format, "not a tensor of an adapter",
                        {.subject = name, .expected = std::string(prefix) + "…"});
        return name.substr(prefix.size(), name.find(".lora_") - prefix.size());
    }

    // The name that the base has for it: files of a bare stack lack the first part.
    std::string own_name(const std::string& name) const {
        if (base_.weights.find(name) != nullptr) return name;
        const std::string bare = name.substr(name.find('.') + 1);
        if (base_.weights.find(bare) != nullptr) return bare;
        throw error(errc::missing, "an adapter changes a tensor that the model has not",
                    {.file = file_.file_of(name), .subject = name});
    }

    factors of_linear(const std::string& a, const std::string& module, index_t outputs, index_t inputs) const {
        const std::string at = a.substr(0, a.find(".lora_") + 1);
        const weights own(file_);
        const index_t rank = io::require(file_, a).extent(0);
        factors f{own.matrix(a, rank, inputs), scaled(own.matrix(at + "lora_B.weight", outputs, rank), module)};
        if (own.has(at + "lora_magnitude_vector")) f.magnitude = own.vector(at + "lora_magnitude_vector", outputs);
        return f;
    }

    // An embedding's factors are [rank, vocabulary] and [width, rank].
    factors of_embedding(const std::string& a, const std::string& module, index_t vocabulary, index_t width) const {
        const std::string at = a.substr(0, a.find(".lora_") + 1);
        const weights own(file_);
        const index_t rank = io::require(file_, a).extent(0);
        return {own.transposed_matrix(at + "lora_embedding_B", width, rank),
                scaled(own.transposed_matrix(a, rank, vocabulary), module)};
    }

    tensor<float> scaled(tensor<float> b, const std::string& module) const {
        for (float& x : b.flat()) x *= options_.scale(module, b.extent(1));
        return b;
    }

    // Which row of the original is each row of the base's file; empty when they are in order. GGUF makes neighbours of
    // the halves of a query or key head, for families that turn halves.
    std::vector<index_t> row_order(const std::string& own, index_t rows) const {
        if (!base_.gguf) return {};
        if (own.find("query_key_value") != std::string::npos)
            throw error(errc::unsupported, "an adapter of a map whose rows a GGUF file may have sorted",
                        {.file = base_.path, .subject = own});
        const bool q = own.find(".q_proj.") != std::string::npos, k = own.find(".k_proj.") != std::string::npos;
        if (!base_.halves_paired || (!q && !k)) return {};
        return pairs_of_halves(rows, size_key(base_.config, q ? "num_attention_heads" : "num_key_value_heads"));
    }
    std::vector<index_t> pairs_of_halves(index_t rows, index_t heads) const {
        const index_t half = rows / heads / 2;
        if (rows != 2 * half * heads)
            throw error(errc::shape, "heads have no halves",
                        {.file = base_.path,
                         .expected = "a multiple of " + std::to_string(2 * heads) + " rows",
                         .found = std::to_string(rows)});
        std::vector<index_t> order;
        for (index_t first = 0; first < rows; first += 2 * half)
            for (index_t i = 0; i < 2 * half; ++i) order.push_back(first + i % 2 * half + i / 2);
        return order;
    }
    static factors ordered(factors f, const std::vector<index_t>& order) {
        if (order.empty()) return f;
        factors g{std::move(f.a), tensor<float>({f.b.extent(0), f.b.extent(1)}),
                  tensor<float, 1>({f.magnitude.size()})};
        for (std::size_t r = 0; r < order.size(); ++r) {
            std::copy_n(&f.b(order[r], 0), f.b.extent(1), &g.b(index_t(r), 0));
            if (f.magnitude.size() > 0) g.magnitude(index_t(r)) = f.magnitude(order[r]);
        }
        return g;
    }

    checkpoint base_;
    io::safetensors file_;
    adapter_options options_;
};

}
