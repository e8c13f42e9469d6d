// The names that llama.cpp's converter gives to the tensors of a Hugging Face checkpoint.
#pragma once

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct renamed {
    std::string_view original;
    std::string_view gguf;
};

inline constexpr renamed model_names[] = {
    {"model.embed_tokens", "token_embd"},
    {"model.norm", "output_norm"},
    {"lm_head", "output"},
    {"transformer.wte", "token_embd"},
    {"transformer.ln_f", "output_norm"},
    {"transformer.wpe", "position_embd"},
    {"gpt_neox.embed_in", "token_embd"},
    {"gpt_neox.final_layer_norm", "output_norm"},
    {"embed_out", "output"},
    {"model.final_layernorm", "output_norm"},
    {"transformer.word_embeddings", "token_embd"},
    {"transformer.word_embeddings_layernorm", "token_embd_norm"},
    {"transformer.norm_f", "output_norm"},
    {"backbone.embeddings", "token_embd"},
    {"backbone.norm_f", "output_norm"},
    {"model.embedding_norm", "token_embd_norm"},
    {"model.embed_tokens_per_layer", "per_layer_token_embd"},
    {"model.per_layer_model_projection", "per_layer_model_proj"},
    {"model.per_layer_projection_norm", "per_layer_proj_norm"},
};

// Matrices of which GGUF has all in one tensor: "model.altup_projections.1" → {"altup_proj", 1}.
inline constexpr renamed stacked_names[] = {
    {"model.altup_projections.", "altup_proj"},
    {"model.altup_unembed_projections.", "altup_unembd_proj"},
};

inline constexpr std::string_view layer_prefixes[] = {"model.layers.", "transformer.h.", "transformer.blocks.",
                                                      "gpt_neox.layers.", "backbone.layers."};

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
    {"post_attention_layernorm", "ffn_norm"},
    {"pre_feedforward_layernorm", "ffn_norm"},
    {"post_feedforward_layernorm", "post_ffw_norm"},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
    {"mlp.gate_up_proj", "ffn_up"},
    // GPT-2, GPTBigCode, StarCoder 2
    {"ln_1", "attn_norm"},
    {"attn.c_attn", "attn_qkv"},
    {"attn.c_proj", "attn_output"},
    {"ln_2", "ffn_norm"},
    {"mlp.c_fc", "ffn_up"},
    {"mlp.c_proj", "ffn_down"},
    // GPT-NeoX, BLOOM, Falcon
    {"attention.query_key_value", "attn_qkv"},
    {"attention.dense", "attn_output"},
    {"self_attention.query_key_value", "attn_qkv"},
    {"self_attention.dense", "attn_output"},
    {"mlp.dense_h_to_4h", "ffn_up"},
    {"mlp.dense_4h_to_h", "ffn_down"},
    {"ln_attn", "attn_norm_2"},
    {"ln_mlp", "attn_norm"},
    // MPT
    {"norm_1", "attn_norm"},
    {"attn.Wqkv", "attn_qkv"},
    {"attn.out_proj", "attn_output"},
    {"norm_2", "ffn_norm"},
    {"ffn.up_proj", "ffn_up"},
    {"ffn.down_proj", "ffn_down"},
    // Phi, GLM-4, Apertus, Hunyuan
    {"self_attn.dense", "attn_output"},
    {"mlp.fc1", "ffn_up"},
    {"mlp.fc2", "ffn_down"},
    {"post_self_attn_layernorm", "post_attention_norm"},
    {"post_mlp_layernorm", "post_ffw_norm"},
    {"attention_layernorm", "attn_norm"},
    {"feedforward_layernorm", "ffn_norm"},
    {"self_attn.query_layernorm", "attn_q_norm"},
    {"self_attn.key_layernorm", "attn_k_norm"},
    // Mixtures of experts
    {"mlp.gate", "ffn_gate_inp"},
    {"mlp.gate.wg", "ffn_gate_inp"},
    {"block_sparse_moe.gate", "ffn_gate_inp"},
    {"block_sparse_moe.router.layer", "ffn_gate_inp"},
    {"mlp.shared_expert_gate", "ffn_gate_inp_shexp"},
    // Gemma 3n
    {"per_layer_input_gate", "inp_gate"},
    {"per_layer_projection", "proj"},
    {"post_per_layer_input_norm", "post_norm"},
    {"altup.correction_coefs", "altup_correct_coef"},
    {"altup.prediction_coefs", "altup_predict_coef"},
    {"altup.modality_router", "altup_router"},
    {"altup.router_norm", "altup_router_norm"},
    {"laurel.linear_left", "laurel_l"},
    {"laurel.linear_right", "laurel_r"},
    {"laurel.post_laurel_norm", "laurel_post_norm"},
    // Mamba 2, Jamba
    {"norm", "attn_norm"},
    {"pre_ff_layernorm", "ffn_norm"},
    {"feed_forward.gate_proj", "ffn_gate"},
    {"feed_forward.up_proj", "ffn_up"},
    {"feed_forward.down_proj", "ffn_down"},
    {"feed_forward.router", "ffn_gate_inp"},
    // LFM2
    {"operator_norm", "attn_norm"},
    {"ffn_norm", "ffn_norm"},
    {"self_attn.out_proj", "attn_output"},
    {"conv.conv", "shortconv.conv"},
    {"conv.in_proj", "shortconv.in_proj"},
    {"conv.out_proj", "shortconv.out_proj"},
    {"feed_forward.w1", "ffn_gate"},
    {"feed_forward.w3", "ffn_up"},
    {"feed_forward.w2", "ffn_down"},
};

// State spaces, under the name that a family has for its mixer.
inline constexpr std::string_view state_spaces[] = {"mixer.", "mamba."};

inline constexpr renamed state_space_names[] = {
    {"in_proj", "ssm_in"},           {"conv1d", "ssm_conv1d"},      {"norm", "ssm_norm"},
    {"out_proj", "ssm_out"},         {"x_proj", "ssm_x"},           {"dt_proj", "ssm_dt"},
    {"dt_layernorm", "ssm_dt_norm"}, {"b_layernorm", "ssm_b_norm"}, {"c_layernorm", "ssm_c_norm"},
};

inline constexpr renamed state_space_wholes[] = {
    {"A_log", "ssm_a"},
    {"D", "ssm_d"},
    {"dt_bias", "ssm_dt.bias"},
};

// Experts that every row goes to, under the name that a family has for them.
inline constexpr std::string_view shared_experts[] = {"mlp.shared_expert.", "mlp.shared_experts.", "mlp.shared_mlp."};

inline constexpr renamed expert_names[] = {
    {"gate_proj", "ffn_gate"}, {"up_proj", "ffn_up"}, {"down_proj", "ffn_down"},
    {"w1", "ffn_gate"},        {"w3", "ffn_up"},      {"w2", "ffn_down"},
};

// Tensors whose last word is no suffix of what it belongs to.
inline constexpr renamed whole_names[] = {
    {"mlp.gate.e_score_correction_bias", "exp_probs_b.bias"},
    {"mlp.moe_statics.e_score_correction_bias", "exp_probs_b.bias"},
    {"altup.correct_output_scale", "altup_correct_scale.weight"},
    {"mlp.act_fn.alpha_p", "xielu.alpha_p"},
    {"mlp.act_fn.alpha_n", "xielu.alpha_n"},
    {"mlp.act_fn.beta", "xielu.beta"},
};

// Norms that only some architectures name so.
struct renamed_in {
    std::string_view architecture;
    renamed name;
};
inline constexpr renamed_in names_of_some[] = {
    {"gemma2", {"post_attention_layernorm", "post_attention_norm"}},
    {"gemma3", {"post_attention_layernorm", "post_attention_norm"}},
    {"gemma3n", {"post_attention_layernorm", "post_attention_norm"}},
    {"olmo2", {"post_attention_layernorm", "post_attention_norm"}},
    {"exaone4", {"post_attention_layernorm", "post_attention_norm"}},
    {"seed_oss", {"post_attention_layernorm", "post_attention_norm"}},
};

// Where a tensor is: within which one, and which of its matrices it is where experts are stacked (-1: all of it).
struct gguf_place {
    std::string name;
    index_t expert = -1;
};

template <std::size_t N>
std::string_view new_name(const renamed (&names)[N], std::string_view original) {
    const auto found = std::find_if(names, names + N, [&](const renamed& r) { return r.original == original; });
    return found == names + N ? std::string_view() : found->gguf;
}

// The same after one of some prefixes.
template <std::size_t P, std::size_t N>
std::string_view within_any(const std::string_view (&prefixes)[P], const renamed (&names)[N],
                            std::string_view original) {
    for (const std::string_view prefix : prefixes)
        if (original.starts_with(prefix)) return new_name(names, original.substr(prefix.size()));
    return {};
}

// "self_attn.q_proj" → "attn_q"; empty when there is no such name.
inline std::string layer_part(std::string_view architecture, std::string_view part) {
    for (const renamed_in& r : names_of_some)
        if (r.architecture == architecture && r.name.original == part) return std::string(r.name.gguf);
    for (const std::string_view prefix : shared_experts) {
        if (!part.starts_with(prefix)) continue;
        const std::string_view name = new_name(expert_names, part.substr(prefix.size()));
        return name.empty() ? std::string() : std::string(name) + "_shexp";
    }
    if (const std::string_view name = within_any(state_spaces, state_space_names, part); !name.empty())
        return std::string(name);
    return std::string(new_name(layer_names, part));
}

// The number that is all of a text; -1 for any other text.
inline index_t number_of(std::string_view text) {
    index_t number = -1;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : -1;
}

// "mlp.experts.5.gate_proj" → {"ffn_gate_exps", 5}
inline gguf_place expert_part(std::string_view part) {
    constexpr std::string_view within = ".experts.";
    const std::size_t at = part.find(within), dot = part.rfind('.');
    if (at == std::string_view::npos || dot < at + within.size()) return {};
    const std::string_view number = part.substr(at + within.size(), dot - at - within.size());
    const std::string_view name = new_name(expert_names, part.substr(dot + 1));
    if (name.empty() || number_of(number) < 0) return {};
    return {std::string(name) + "_exps", number_of(number)};
}

// Of the model, not of a layer.
inline gguf_place stacked_part(std::string_view part) {
    for (const renamed& r : stacked_names)
        if (part.starts_with(r.original) && number_of(part.substr(r.original.size())) >= 0)
            return {std::string(r.gguf), number_of(part.substr(r.original.size()))};
    return {};
}

// Within a layer: "self_attn.q_proj.weight" → "attn_q.weight".
inline gguf_place place_in_layer(std::string_view architecture, std::string_view part) {
    if (const std::string_view whole = new_name(whole_names, part); !whole.empty()) return {std::string(whole)};
    if (const std::string_view whole = within_any(state_spaces, state_space_wholes, part); !whole.empty())
        return {std::string(whole)};
    const std::size_t dot = part.rfind('.');
    if (dot == std::string_view::npos) return {};
    gguf_place place = expert_part(part.substr(0, dot));
    if (place.name.empty()) place = {layer_part(architecture, part.substr(0, dot))};
    if (!place.name.empty()) place.name += part.substr(dot);
    return place;
}

// "model.layers.3.self_attn.q_proj.weight" → "blk.3.attn_q.weight"; an empty name when there is none.
inline gguf_place place_of(std::string_view architecture, std::string_view name) {
    const std::size_t suffix = name.rfind('.');
    if (suffix == std::string_view::npos) return {};
    if (const std::string_view found = new_name(model_names, name.substr(0, suffix)); !found.empty())
        return {std::string(found) + std::string(name.substr(suffix))};
    if (gguf_place place = stacked_part(name.substr(0, suffix)); !place.name.empty()) {
        place.name += name.substr(suffix);
        return place;
    }
    for (const std::string_view prefix : layer_prefixes) {
        if (!name.starts_with(prefix)) continue;
        const std::size_t end = name.find('.', prefix.size());
        if (end == std::string_view::npos) return {};
        gguf_place place = place_in_layer(architecture, name.substr(end + 1));
        if (!place.name.empty())
            place.name = "blk." + std::string(name.substr(prefix.size(), end - prefix.size())) + "." + place.name;
        return place;
    }
    return {};
}

}
