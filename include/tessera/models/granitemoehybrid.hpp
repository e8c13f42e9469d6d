// Granite 4: Mamba-2 in place of most layers' attention; a shared feed-forward, with or without experts beside it.
#pragma once

#include <string>
#include <vector>

#include "tessera/models/bamba.hpp"
#include "tessera/models/granitemoe.hpp"

namespace tessera::inline TESSERA_ABI::models {

// Which mixer each layer has, under either of two keys; a state space for all of them when neither is there.
inline std::vector<std::string> listed_kinds(const io::json& config, index_t layers) {
    for (const std::string_view key : {"layer_types", "layers_block_type"}) {
        if (present(config, key) == nullptr) continue;
        auto kinds = config.get<std::vector<std::string>>(key);
        if (index_t(kinds.size()) != layers)
            throw error(errc::format, "wrong length",
                        {.subject = std::string(key),
                         .expected = std::to_string(layers),
                         .found = std::to_string(kinds.size())});
        return kinds;
    }
    return std::vector<std::string>(std::size_t(layers), "mamba");
}

struct granitemoehybrid : granitemoe {
    static constexpr std::string_view model_types[] = {"granitemoehybrid"};

    explicit granitemoehybrid(const checkpoint& files, const load_options& options = {})
        : granitemoe(files, options), kinds_(listed_kinds(files.config, config.layers)) {}

protected:
    bool rotates() const { return json().get_or("position_embedding_type", "") == "rope"; }
    std::vector<position::rope_options> ropes() const override {
        return rotates() ? granitemoe::ropes() : std::vector<position::rope_options>{};
    }
    index_t rotary(index_t) const override { return rotates() ? 0 : -1; }

    model::any_mixer mixer(const std::string& at, index_t i) const override {
        const std::string& kind = kinds_[std::size_t(i)];
        if (kind != "mamba" && kind != "linear_attention") return attention(at, i);
        const index_t inner = size_key(json(), "mamba_expand", 2) * config.hidden;
        return mamba2_mixer(tensors(), layer_name(i) + "mamba.", mamba2_shape_of(json(), inner), config);
    }

    model::any_mixer feed_forward(const std::string&, index_t i) const override {
        const index_t width = size_key(json(), "shared_intermediate_size", 1024);
        if (json().get_or("num_local_experts", std::int64_t(8)) == 0) return shared(i, width);
        ffn::moe m = experts_of(i);
        m.shared = shared(i, width);
        return m;
    }

private:
    std::vector<std::string> kinds_;
};

}
