// Hunyuan, dense and with experts: queries and keys are normalised after they are rotated; the base of the rotation may
// be stretched.
#pragma once

#include "tessera/models/experts.hpp"
#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct hunyuan : llama {
    static constexpr std::string_view model_types[] = {"hunyuan_v1_dense"};

    explicit hunyuan(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        config.epsilon = float_key(files.config, "rms_norm_eps", 1e-5);
    }

protected:
    // "dynamic" with a number alpha depends on no length.
    std::vector<position::rope_options> ropes() const override {
        position::rope_options o = rope_options(json(), config);
        const double alpha = rope_object(json(), {}) != nullptr ? rope_object(json(), {})->get_or("alpha", 0.0) : 0.0;
        if (o.scaling == position::rope_scaling::dynamic && alpha != 0.0) {
            o.scaling = position::rope_scaling::none;
            o.theta *= std::pow(alpha, double(o.dim) / double(o.dim - 2));
        }
        return {o};
    }

    model::self_attention attention(const std::string& at, index_t i) const override {
        model::self_attention a = llama::attention(at, i);
        a.rotate_first = true;
        return with_head_norms(std::move(a), at + "query_layernorm", at + "key_layernorm");
    }
};

// Experts in every layer, and one that every row goes to.
struct hunyuan_moe : hunyuan {
    static constexpr std::string_view model_types[] = {"hunyuan_v1_moe"};
    using hunyuan::hunyuan;

protected:
    model::any_mixer feed_forward(const std::string& at, index_t) const override {
        const mixture_sizes sizes = mixture_of(json());
        ffn::moe m =
            mixture(sizes, tensors().affine(at + "gate.wg", sizes.experts, config.hidden, false),
                    ffn::top_scores{.normalised = true}, [&](index_t e) { return expert(at, e, config.feed_forward); });
        m.shared = gated(at + "shared_mlp.", config.feed_forward);
        return m;
    }
};

}
