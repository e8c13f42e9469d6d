// How the metadata of GGUF files and config.json call the same things.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

#include "tessera/models/gguf_names.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What config.json calls an architecture, if it has a name of its own for it; where the file has this key with true or
// a number above 0, if one is given.
struct gguf_family {
    std::string_view architecture, model_type, key{};
};
inline constexpr gguf_family gguf_families[] = {
    {"llama", "mixtral", "expert_count"},
    {"olmo2", "olmo3", "attention.sliding_window"},
    {"granitemoe", "granitemoeshared", "expert_shared_feed_forward_length"},
    {"mistral3", "ministral3", "attention.temperature_scale"},
    {"mistral3", "mistral"},
    {"gemma3", "gemma3_text"},
    {"gemma3n", "gemma3n_text"},
    {"gptneox", "gpt_neox"},
    {"phi2", "phi"},
    {"starcoder", "gpt_bigcode"},
    {"command-r", "cohere"},
    {"chatglm", "glm"},
    {"qwen2moe", "qwen2_moe"},
    {"qwen3moe", "qwen3_moe"},
    {"ernie4_5-moe", "ernie4_5_moe"},
    {"hunyuan-dense", "hunyuan_v1_dense"},
    {"hunyuan-moe", "hunyuan_v1_moe"},
    {"mamba", "falcon_mamba", "ssm.dt_b_c_rms"},
    {"deepseek2", "deepseek_v2"},
    {"nemotron_h_moe", "nemotron_h"},
    {"glm4moe", "glm4_moe"},
    {"minimax-m2", "minimax_m2"},
    {"exaone-moe", "exaone_moe"},
    {"falcon-h1", "falcon_h1"},
    {"granitehybrid", "granitemoehybrid"},
};

// Architectures of which some layers have no attention: their heads number 0 in a list for all layers.
inline constexpr std::string_view mixed_layers[] = {"jamba", "granitehybrid", "lfm2", "nemotron_h", "nemotron_h_moe"};

// In llama.cpp neighbours rotate together; where the checkpoint means halves, its converter permutes the rows of
// queries and keys.
inline constexpr std::string_view permuted_to_neighbours[] = {
    "llama", "granite", "granitemoe", "granitehybrid", "smollm3", "olmo", "arcee", "mistral3",
};
inline constexpr std::string_view rotates_neighbours[] = {
    "command-r", "cohere2", "chatglm", "glm4", "ernie4_5", "ernie4_5-moe", "deepseek2",
};
inline bool pairs_halves(std::string_view architecture) {
    return std::ranges::find(permuted_to_neighbours, architecture) != std::end(permuted_to_neighbours);
}

// Keys of config.json, and those after the architecture's name.
inline constexpr renamed gguf_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon"},
    {"layer_norm_eps", "attention.layer_norm_epsilon"},
    {"layer_norm_epsilon", "attention.layer_norm_epsilon"},
    {"norm_epsilon", "attention.layer_norm_epsilon"},
    {"norm_eps", "attention.layer_norm_epsilon"},
    {"clip_qkv", "attention.clamp_kqv"},
    {"attn_logit_softcapping", "attn_logit_softcapping"},
    {"final_logit_softcapping", "final_logit_softcapping"},
    {"attention_multiplier", "attention.scale"},
    {"embedding_multiplier", "embedding_scale"},
    {"residual_multiplier", "residual_scale"},
    {"logits_scaling", "logit_scale"},
    {"logit_scale", "logit_scale"},
    {"num_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count"},
    {"n_group", "expert_group_count"},
    {"topk_group", "expert_group_used_count"},
    {"norm_topk_prob", "expert_weights_norm"},
    {"routed_scaling_factor", "expert_weights_scale"},
    {"route_scale", "expert_weights_scale"},
    {"moe_intermediate_size", "expert_feed_forward_length"},
    {"shared_expert_intermediate_size", "expert_shared_feed_forward_length"},
    {"n_shared_experts", "expert_shared_count"},
    {"moe_num_shared_experts", "expert_shared_count"},
    {"num_shared_experts", "expert_shared_count"},
    {"first_k_dense_replace", "leading_dense_block_count"},
    {"moe_layer_start_index", "leading_dense_block_count"},
    {"num_dense_layers", "leading_dense_block_count"},
    {"moe_layer_interval", "interleave_moe_layer_step"},
    {"layer_norm_epsilon", "attention.layer_norm_rms_epsilon"},
    {"shared_intermediate_size", "expert_shared_feed_forward_length"},
    {"moe_shared_expert_intermediate_size", "expert_shared_feed_forward_length"},
    {"moe_latent_size", "moe_latent_size"},
    {"norm_eps", "attention.layer_norm_rms_epsilon"},
    {"conv_L_cache", "shortconv.l_cache"},
    {"mamba_n_heads", "ssm.time_step_rank"},
    {"mamba_n_groups", "ssm.group_count"},
    {"mamba_d_ssm", "ssm.inner_size"},
    {"mamba_d_conv", "ssm.conv_kernel"},
    {"mamba_d_state", "ssm.state_size"},
    {"mamba_dt_rank", "ssm.time_step_rank"},
    {"time_step_rank", "ssm.time_step_rank"},
    {"num_decoder_layers", "decoder_block_count"},
    {"kv_lora_rank", "attention.kv_lora_rank"},
    {"qk_rope_head_dim", "rope.dimension_count"},
    {"v_head_dim", "attention.value_length"},
    {"v_head_dim", "attention.value_length_mla"},
    {"relative_attention_num_buckets", "attention.relative_buckets_count"},
    {"decoder_start_token_id", "decoder_start_token_id"},
    {"conv_kernel", "ssm.conv_kernel"},
    {"state_size", "ssm.state_size"},
    {"ssm_state_size", "ssm.state_size"},
    {"mamba_num_heads", "ssm.time_step_rank"},
    {"n_groups", "ssm.group_count"},
    {"altup_active_idx", "altup.active_idx"},
    {"altup_num_inputs", "altup.num_inputs"},
    {"hidden_size_per_layer_input", "embedding_length_per_layer_input"},
    {"num_kv_shared_layers", "attention.shared_kv_layers"},
};
inline constexpr renamed gguf_rope_keys[] = {
    {"rope_type", "rope.scaling.type"},
    {"factor", "rope.scaling.factor"},
    {"original_max_position_embeddings", "rope.scaling.original_context_length"},
    {"beta_fast", "rope.scaling.yarn_beta_fast"},
    {"beta_slow", "rope.scaling.yarn_beta_slow"},
    {"attention_factor", "rope.scaling.yarn_attn_factor"},
    {"attention_factor", "rope.scaling.attn_factor"},
    {"mscale_all_dim", "rope.scaling.yarn_log_multiplier"},
    {"llama_4_scaling_beta", "attention.temperature_scale"},
    {"short_mscale", "rope.scaling.attn_factor"},
    {"long_mscale", "rope.scaling.attn_factor"},
};

// Options that hold if one of these tensors is there.
struct told_by_tensors {
    std::string_view key, any_of[4];
};
inline constexpr told_by_tensors gguf_options[] = {
    {"attention_bias", {"blk.0.attn_q.bias", "blk.0.attn_qkv.bias", "blk.0.attn_output.bias"}},
    {"attention_out_bias", {"blk.0.attn_output.bias"}},
    {"qkv_bias", {"blk.0.attn_q.bias", "blk.0.attn_qkv.bias"}},
    {"use_qkv_bias", {"blk.0.attn_q.bias", "blk.0.attn_qkv.bias"}},
    {"mlp_bias", {"blk.0.ffn_up.bias", "blk.0.ffn_down.bias"}},
    {"use_bias", {"blk.0.attn_q.bias", "blk.0.attn_output.bias", "blk.0.ffn_down.bias", "blk.0.ssm_in.bias"}},
    {"bias", {"blk.0.attn_qkv.bias", "blk.0.attn_output.bias", "blk.0.ffn_down.bias"}},
    {"lm_head_bias", {"output.bias"}},
    {"qk_layernorm", {"blk.0.attn_q_norm.weight"}},
    {"use_qk_norm", {"blk.0.attn_q_norm.weight"}},
};

// The same for tensors of any layer.
inline constexpr renamed gguf_layer_options[] = {
    {"use_conv_bias", ".ssm_conv1d.bias"}, {"mamba_conv_bias", ".ssm_conv1d.bias"},
    {"mamba_proj_bias", ".ssm_in.bias"},   {"mamba_rms_norm", ".ssm_norm.weight"},
    {"projectors_bias", ".ssm_out.bias"},  {"conv_bias", ".shortconv.in_proj.bias"},
};

}
