// GPT-2: learned positions, layer norms, transposed weights with queries, keys and values in one.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct gpt2 : llama {
    static constexpr std::string_view model_types[] = {"gpt2"};

    explicit gpt2(const checkpoint& files, const load_options& options = {})
        : llama(with_common_keys(files), options),
          prefix_(files.weights.find("wte.weight") != nullptr ? "" : "transformer.") {
        config.epsilon = float_key(files.config, "layer_norm_epsilon", 1e-5);
        config.tied = true;
        if (config.heads * config.head_dim != config.hidden)
            throw error(errc::format, "heads do not divide the width",
                        {.subject = "n_head",
                         .expected = "a divisor of " + std::to_string(config.hidden),
                         .found = std::to_string(config.heads)});
        // There is no position beyond the table.
        config.context = std::min(config.context, size_key(files.config, "n_positions", 1024));
    }

protected:
    std::string embedding_name() const override { return prefix_ + "wte.weight"; }
    std::string layer_name(index_t i) const override { return prefix_ + "h." + std::to_string(i) + "."; }
    std::string final_norm_name() const override { return prefix_ + "ln_f"; }
    std::vector<position::rope_options> ropes() const override { return {}; }

    void embed(model::decoder_parts& parts) const override {
        llama::embed(parts);
        const index_t positions = size_key(json(), "n_positions", 1024);
        parts.positions = position::learned{tensors().matrix(prefix_ + "wpe.weight", positions, config.hidden)};
    }

    norm::any norm(const std::string& name, index_t width) const override { return layer_norm(name, width); }

    model::decoder_layer layer(index_t i) const override {
        const std::string at = layer_name(i);
        model::decoder_layer block;
        block.attention.before = norm(at + "ln_1", config.hidden);
        block.attention.mixer = attention(at + "attn.", i);
        block.feed_forward.before = norm(at + "ln_2", config.hidden);
        block.feed_forward.mixer = feed_forward(at + "mlp.", i);
        return block;
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        const index_t n = config.hidden;
        model::self_attention a;
        a.heads = heads();
        a.heads.scale = scale(i);
        a.q = part(at + "c_attn", {0, n}, 3 * n, n);
        a.k = part(at + "c_attn", {n, 2 * n}, 3 * n, n);
        a.v = part(at + "c_attn", {2 * n, 3 * n}, 3 * n, n);
        a.out = part(at + "c_proj", {0, n}, n, n);
        return a;
    }

    ffn::any feed_forward(const std::string& at, index_t /*layer*/) const override {
        const index_t n = config.hidden, width = config.feed_forward;
        return ffn::mlp{part(at + "c_fc", {0, width}, width, n), part(at + "c_proj", {0, n}, n, width),
                        ops::activation_from(config.activation)};
    }

private:
    // The Conv1D of the checkpoints is [inputs, outputs]; GGUF holds it the usual way round.
    gemm::affine part(const std::string& name, range outputs, index_t all, index_t inputs) const {
        return files().gguf ? tensors().part(name, outputs, all, inputs, true)
                            : tensors().transposed_part(name, outputs, all, inputs);
    }

    float scale(index_t i) const {
        const float by_dim =
            json().get_or("scale_attn_weights", true) ? 1.0f / std::sqrt(float(config.head_dim)) : 1.0f;
        return json().get_or("scale_attn_by_inverse_layer_idx", false) ? by_dim / float(i + 1) : by_dim;
    }

    // GPT-2's names for what the others call hidden_size and so on.
    static checkpoint with_common_keys(checkpoint files) {
        const io::json& c = files.config;
        const index_t hidden = size_key(c, "n_embd", 768);
        std::vector<io::json::member> members(c.as_object().begin(), c.as_object().end());
        members.push_back({"hidden_size", hidden});
        members.push_back({"num_hidden_layers", size_key(c, "n_layer", 12)});
        members.push_back({"num_attention_heads", size_key(c, "n_head", 12)});
        members.push_back({"max_position_embeddings", size_key(c, "n_positions", 1024)});
        members.push_back({"intermediate_size", size_key(c, "n_inner", 4 * hidden)});
        members.push_back({"hidden_act", c.get_or("activation_function", "gelu_new")});
        files.config = io::json(io::json::object(std::move(members)));
        return files;
    }

    std::string prefix_;
};

}
