// The names that llama.cpp's converter gives to the tensors of a Hugging Face checkpoint.
#pragma once

#include <string>
#include <string_view>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct renamed {
    std::string_view original;
    std::string_view gguf;
};

inline constexpr renamed model_names[] = {
    {"model.embed_tokens", "token_embd"}, {"model.norm", "output_norm"},       {"lm_head", "output"},
    {"transformer.wte", "token_embd"},    {"transformer.ln_f", "output_norm"}, {"transformer.wpe", "position_embd"},
};

inline constexpr renamed layer_names[] = {
    {"input_layernorm", "attn_norm"},
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"self_attn.qkv_proj", "attn_qkv"},
    {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"},
    {"self_attn.q_layernorm", "attn_q_norm"},
    {"self_attn.k_layernorm", "attn_k_norm"},
    {"pre_feedforward_layernorm", "ffn_norm"},
    {"post_feedforward_layernorm", "post_ffw_norm"},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
    {"mlp.gate_up_proj", "ffn_up"},
    {"ln_1", "attn_norm"},
    {"attn.c_attn", "attn_qkv"},
    {"attn.c_proj", "attn_output"},
    {"ln_2", "ffn_norm"},
    {"mlp.c_fc", "ffn_up"},
    {"mlp.c_proj", "ffn_down"},
};

// "model.layers.3.self_attn.q_proj.weight" → "blk.3.attn_q.weight"; empty when there is no such name.
// Families with a norm after the sublayer keep it under another name than those that call the second norm so.
inline std::string gguf_name(std::string_view name, bool norms_after) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return {};
    const std::string_view stem = name.substr(0, dot), suffix = name.substr(dot);
    for (const renamed& r : model_names)
        if (r.original == stem) return std::string(r.gguf) + std::string(suffix);
    for (const std::string_view prefix : {"model.layers.", "transformer.h."}) {
        if (!stem.starts_with(prefix)) continue;
        const std::string_view rest = stem.substr(prefix.size());
        const std::size_t end = rest.find('.');
        if (end == std::string_view::npos) return {};
        const std::string block = "blk." + std::string(rest.substr(0, end)) + ".";
        const std::string_view part = rest.substr(end + 1);
        if (part == "post_attention_layernorm")
            return block + (norms_after ? "post_attention_norm" : "ffn_norm") + std::string(suffix);
        for (const renamed& r : layer_names)
            if (r.original == part) return block + std::string(r.gguf) + std::string(suffix);
    }
    return {};
}

}
