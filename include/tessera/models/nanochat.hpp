// nanochat: norms without weights, also of the embedding and of rotated heads; rotation the other way round.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct nanochat : llama {
    static constexpr std::string_view model_types[] = {"nanochat"};

    explicit nanochat(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.activation = files.config.get_or("hidden_act", "relu2");
        config.logit_softcap = softcap_key(files.config, "final_logit_softcapping", 15);
    }

protected:
    // A weight of ones gives the norm its width, which may be that of a head.
    norm::any norm(const std::string&, index_t width) const override {
        norm::rms n{tensor<float, 1>({width}), config.epsilon};
        std::fill_n(n.weight.data(), width, 1.0f);
        return n;
    }

    void embed(model::stack& parts) const override {
        llama::embed(parts);
        parts.embedding_norm = norm("", config.hidden);
    }

    std::vector<position::rope_options> ropes() const override {
        position::rope_options o = rope_options(json(), config);
        o.backwards = true;
        return {o};
    }

    biases biased() const override {
        const bool attention = json().get_or("attention_bias", false);
        return {.qkv = attention, .out = attention};
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        a.rotate_first = true;
        a.q_norm = a.k_norm = norm("", config.head_dim);
        return a;
    }

    model::any_mixer feed_forward(const std::string& at, index_t /*layer*/) const override {
        return plain_feed_forward(at + "fc1", at + "fc2", ops::activation_from(config.activation));
    }
};

}
