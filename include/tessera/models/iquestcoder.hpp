// IQuest Coder: llama with other sizes taken for granted.
#pragma once

#include "tessera/models/llama.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct iquestcoder : llama {
    static constexpr std::string_view model_types[] = {"iquestcoder"};

    explicit iquestcoder(const checkpoint& files, const load_options& options = {}) : llama(files, options) {
        const io::json& c = files.config;
        assume_kv_heads(8);
        assume_head_dim(128);
        config.epsilon = float_key(c, "rms_norm_eps", 1e-5);
        if (present(c, "clip_qkv") != nullptr)
            throw error(errc::unsupported, "no such option in this family",
                        {.subject = "clip_qkv", .expected = "null", .found = "a limit"});
        if (c.get_or("use_sliding_window", false))
            throw error(errc::unsupported, "no such option in this family",
                        {.subject = "use_sliding_window", .expected = "false", .found = "true"});
    }
};

}
