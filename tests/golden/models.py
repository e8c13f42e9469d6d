#!/usr/bin/env python3
"""Makes the tiny random checkpoints in tests/golden/models, with the outputs that transformers computes for them.

    python tests/golden/models.py [--list] [--llama-cpp] [CASE...]      (no case: all of them)

Needs torch, transformers, safetensors, gguf, numpy; llama-cpp-python for the K-quants and for --llama-cpp, which runs
every GGUF file through llama.cpp too. Versions and file layout: README.md beside this file. Seeds are fixed.

Each folder gets a model (config.json + model.safetensors, or model.gguf), in.safetensors (`input_ids.I`; for
encoder-decoders that is the source, or `input_features.I` [frames, features] for one of sound, or `input_values.I` [samples], and
`decoder_input_ids.I` what the decoder has said) and
expected.safetensors: the inputs, `logits.I`, `last_hidden_state.I` (after the final norm), `greedy_ids.I` (the new
tokens alone) and `greedy_gap.I` (distance of the two best logits at each greedy step). Before a case is written, it is
checked that every parameter moves the logits, that the option the case is about does, and that what was saved loads
again to the same logits.
"""
import argparse, json, pathlib, shutil, sys, zlib
from dataclasses import dataclass, field

import numpy as np, torch, transformers
from safetensors.numpy import load_file, save_file
from safetensors.torch import load_file as load_torch, save_file as save_torch
from transformers import AutoConfig, AutoModelForCTC, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoModelForSpeechSeq2Seq

import gguf_files

HERE = pathlib.Path(__file__).resolve().parent
NEW_TOKENS = 12
LENGTHS = (1, 7, 23)

SIZES = dict(vocab_size=97, hidden_size=36, intermediate_size=28, num_hidden_layers=2, num_attention_heads=6,
             num_key_value_heads=2, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0)
GPT2_SIZES = dict(vocab_size=97, n_embd=28, n_layer=2, n_head=4, n_positions=48, bos_token_id=96, eos_token_id=96)
GPT_NEO_SIZES = dict(vocab_size=67, hidden_size=20, num_layers=2, num_heads=4, max_position_embeddings=48, window_size=5,
                     attention_types=[[["global", "local"], 1]], bos_token_id=1, eos_token_id=2)
FEWER_SIZES = dict(vocab_size=67, hidden_size=24, num_hidden_layers=2, num_attention_heads=6, max_position_embeddings=48, bos_token_id=1,
                   eos_token_id=2, pad_token_id=0)
NEOX_SIZES = dict(FEWER_SIZES, intermediate_size=28, num_attention_heads=3)
BLOOM_SIZES = dict(vocab_size=97, hidden_size=18, n_layer=2, n_head=6, bos_token_id=1, eos_token_id=2, pad_token_id=0)
MPT_SIZES = dict(vocab_size=97, d_model=18, n_layers=2, n_heads=6, max_seq_len=128, bos_token_id=1, eos_token_id=2, pad_token_id=0)
XGLM_SIZES = dict(vocab_size=67, d_model=24, ffn_dim=28, num_layers=2, attention_heads=6, max_position_embeddings=128, bos_token_id=1,
                  eos_token_id=2, pad_token_id=9)
MAMBA_SIZES = dict(vocab_size=61, hidden_size=20, state_size=5, num_hidden_layers=2, expand=2, conv_kernel=4, time_step_rank=3, bos_token_id=1,
                   eos_token_id=2, pad_token_id=0)
T5_SIZES = dict(vocab_size=61, d_model=14, d_kv=5, d_ff=18, num_layers=2, num_decoder_layers=3, num_heads=3, relative_attention_num_buckets=10,
                relative_attention_max_distance=14, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1)
WHISPER_SIZES = dict(vocab_size=61, num_mel_bins=7, d_model=12, encoder_layers=1, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=2,
                     encoder_ffn_dim=14, decoder_ffn_dim=18, max_source_positions=11, max_target_positions=40, decoder_start_token_id=3, pad_token_id=0,
                     bos_token_id=1, eos_token_id=2, suppress_tokens=None, begin_suppress_tokens=None)
MOONSHINE_SIZES = dict(vocab_size=47, hidden_size=8, intermediate_size=10, encoder_num_hidden_layers=1, decoder_num_hidden_layers=2,
                       encoder_num_attention_heads=2, decoder_num_attention_heads=2, max_position_embeddings=40, head_dim=7,
                       rope_parameters=dict(rope_type="default", rope_theta=100.0, partial_rotary_factor=0.9), pad_token_id=2)
WAV2VEC2_SIZES = dict(vocab_size=11, hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=14, conv_dim=[6, 10, 8], conv_stride=[5, 3, 2],
                      conv_kernel=[10, 4, 3], num_conv_pos_embeddings=6, num_conv_pos_embedding_groups=3, apply_spec_augment=False,
                      pad_token_id=0, bos_token_id=1, eos_token_id=2)
JETMOE_SIZES = dict(vocab_size=47, hidden_size=16, num_hidden_layers=2, num_key_value_heads=2, kv_channels=6, intermediate_size=12,
                    max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0)
MAMBA2_SIZES = dict(vocab_size=61, hidden_size=20, state_size=5, num_hidden_layers=2, expand=2, num_heads=4, head_dim=10, n_groups=2, chunk_size=8,
                    bos_token_id=1, eos_token_id=2, pad_token_id=0)
HYBRID = dict(vocab_size=61, hidden_size=16, intermediate_size=20, num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=1, mamba_n_heads=4,
              mamba_d_state=5, mamba_n_groups=2, mamba_chunk_size=8, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0)
DELTA_HYBRID = dict(vocab_size=61, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
                    linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=5, linear_value_head_dim=6, max_position_embeddings=128,
                    layer_types=["linear_attention", "full_attention"], bos_token_id=1, eos_token_id=2, pad_token_id=0)
RWKV_SIZES = dict(vocab_size=61, hidden_size=20, attention_hidden_size=14, intermediate_size=26, num_hidden_layers=2, context_length=64, rescale_every=1,
                  bos_token_id=1, eos_token_id=2, pad_token_id=0)
XLSTM_SIZES = dict(vocab_size=61, hidden_size=20, num_hidden_layers=2, num_heads=2, ffn_round_up_to_multiple_of=6, ffn_proj_factor=1.4, qk_dim_factor=0.3,
                   v_dim_factor=0.7, gate_soft_cap=2.0, output_logit_soft_cap=4.0, bos_token_id=1, eos_token_id=2, pad_token_id=0)
KIMI_LINEAR = dict(vocab_size=61, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, kv_lora_rank=7,
                   qk_rope_head_dim=6, qk_nope_head_dim=4, v_head_dim=5, linear_head_dim=6, linear_num_heads=3, num_local_experts=4, n_shared_experts=2,
                   num_experts_per_tok=2, moe_intermediate_size=6, n_group=2, topk_group=1, routed_scaling_factor=1.5, num_mtp_layers=0,
                   layer_types=["linear_attention", "full_attention"], mlp_layer_types=["sparse", "dense"],
                   max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0)
HYBRID_SIZES = {
    "bamba": dict(HYBRID, attn_layer_indices=[1]), "falcon_h1": dict(HYBRID, mamba_d_ssm=24, num_hidden_layers=2, rope_parameters=None),
    "granitemoehybrid": dict(HYBRID, intermediate_size=8, layer_types=["linear_attention", "full_attention", "linear_attention"], shared_intermediate_size=12,
                             num_local_experts=4, num_experts_per_tok=2),
    "nemotron_h": dict(HYBRID, head_dim=8, mamba_num_heads=4, mamba_head_dim=6, n_groups=2, ssm_state_size=5, chunk_size=8, n_routed_experts=4,
                       num_experts_per_tok=2, moe_intermediate_size=12, moe_shared_expert_intermediate_size=10,
                       layers_block_type=["linear_attention", "full_attention", "mlp", "linear_attention"]),
    "jamba": dict(HYBRID, intermediate_size=12, num_experts=3, num_experts_per_tok=2, attn_layer_period=3, attn_layer_offset=1, mamba_d_state=5, mamba_dt_rank=3,
                  use_mamba_kernels=False),
    "lfm2": dict(FEWER_SIZES, hidden_size=16, intermediate_size=30, num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=1,
                 layer_types=["conv", "full_attention", "conv"], block_multiple_of=4),
    "recurrent_gemma": dict(FEWER_SIZES, hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=1,
                            lru_width=20, attention_window_size=5),
    "zamba": dict(FEWER_SIZES, hidden_size=12, intermediate_size=14, num_hidden_layers=5, num_attention_heads=2, num_key_value_heads=1,
                  attn_layer_period=2, attn_layer_offset=1, mamba_d_state=5, mamba_dt_rank=3, use_mamba_kernels=False),
    "zamba2": dict(FEWER_SIZES, hidden_size=16, intermediate_size=12, num_hidden_layers=3, num_attention_heads=2, num_key_value_heads=1, n_mamba_heads=4, mamba_d_state=5,
                   mamba_ngroups=1, adapter_rank=2, chunk_size=8, num_mem_blocks=2, layers_block_type=["hybrid", "linear_attention", "hybrid"]),
    "minimax": dict(FEWER_SIZES, hidden_size=18, intermediate_size=8, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1, head_dim=6,
                    num_local_experts=3, block_size=4, layer_types=["linear_attention", "full_attention"]),
    "rwkv": RWKV_SIZES, "xlstm": XLSTM_SIZES, "olmo_hybrid": DELTA_HYBRID, "kimi_linear": KIMI_LINEAR,
    "qwen3_next": DELTA_HYBRID | dict(num_experts=3, num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=10, head_dim=8),
}
BART_SIZES = dict(vocab_size=61, d_model=12, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=3, encoder_ffn_dim=18,
                  decoder_ffn_dim=14, max_position_embeddings=48, bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2)
BART_FAMILIES = ("bart", "mvp", "plbart", "mbart", "marian", "pegasus", "m2m_100", "blenderbot", "blenderbot-small")
LED_SIZES = {key: size for key, size in BART_SIZES.items() if key != "max_position_embeddings"} | dict(
    max_encoder_position_embeddings=40, max_decoder_position_embeddings=48, attention_window=[4])
LONGT5_SIZES = dict(T5_SIZES, vocab_size=47, d_model=10, d_ff=14, num_decoder_layers=2)
SWITCH_SIZES = dict(LONGT5_SIZES, num_experts=3, num_sparse_encoder_layers=1, num_sparse_decoder_layers=1)
SIZES_OF = {     # of the families that name them otherwise, or have fewer
    "gpt2": GPT2_SIZES, "gpt_bigcode": dict(GPT2_SIZES, vocab_size=67, n_embd=20, bos_token_id=1, eos_token_id=2), "gpt_neo": GPT_NEO_SIZES,
    "gptj": dict(GPT2_SIZES, n_embd=16, n_head=2, n_inner=30, rotary_dim=4),
    "codegen": dict(GPT2_SIZES, n_embd=32, n_layer=1, n_head=8, n_inner=20, rotary_dim=4), "ctrl": dict(GPT2_SIZES, dff=30),
    "jetmoe": JETMOE_SIZES, "gpt_neox": NEOX_SIZES, "persimmon": NEOX_SIZES, "opt": dict(FEWER_SIZES, ffn_dim=28), "xglm": XGLM_SIZES,
    "biogpt": dict(FEWER_SIZES, intermediate_size=28), "bloom": BLOOM_SIZES, "mpt": MPT_SIZES,
    "falcon": dict(FEWER_SIZES, ffn_hidden_size=28), "mamba": MAMBA_SIZES, "t5": T5_SIZES, "mt5": T5_SIZES, "umt5": T5_SIZES, "falcon_mamba": MAMBA_SIZES,
    "mamba2": MAMBA2_SIZES, "whisper": WHISPER_SIZES, **HYBRID_SIZES,
    "moonshine": MOONSHINE_SIZES, "wav2vec2": WAV2VEC2_SIZES, "hubert": WAV2VEC2_SIZES, "led": LED_SIZES, "switch_transformers": SWITCH_SIZES, "longt5": LONGT5_SIZES,
} | {family: BART_SIZES for family in BART_FAMILIES}
WIDE_HEADS = dict(hidden_size=24, num_attention_heads=2, num_key_value_heads=1)    # head_dim 12: six rotary frequencies
SMALL = dict(hidden_size=24, num_attention_heads=4)     # for cases that need more layers
BLOCKS = dict(hidden_size=64, intermediate_size=96, num_attention_heads=4)  # widths that blocks of 32 divide
SUPER = dict(hidden_size=256, intermediate_size=96, num_attention_heads=4, head_dim=16, num_hidden_layers=1)  # and of 256


@dataclass
class Case:
    family: str                                  # model_type
    options: dict = field(default_factory=dict)  # what differs from the sizes above
    plain: dict = field(default_factory=dict)    # options of a model that must give other logits with the same weights
    dtype: str = "float32"                       # of the stored weights
    older: bool = False                          # config.json as transformers 4 wrote it
    hub: dict = field(default_factory=dict)      # keys set or (None = key removed) in config.json at the end
    rename: object = None                        # tensors as saved → tensors as found on the hub
    adjust: object = None                        # (name, parameter) → the parameter that is used
    within: str = ""                             # model_type of the model whose text_config this is in config.json
    reload: bool = True                          # the reference itself computes the same from the files
    shard: str = "1GB"                           # largest size of a file
    lengths: tuple = LENGTHS
    greedy_up_to: int = 1 << 30                  # no greedy ids where a continuation would grow past this length
    gguf: object = None                          # for a GGUF file: its type, or function of the tensor's name → type
    vocabulary: bool = False                     # … with a small vocabulary inside
    unlike_llama_cpp: str = ""                   # why llama.cpp does not give the reference's logits for this file
    attention: str = "eager"                     # the reference's implementation
    gap: float = 0.003                           # least gap of a greedy step, relative to the largest logit


def rope(kind, theta=100.0, **more):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=theta, **more))


PLAIN_ROPE = rope("default")
YARN = rope("yarn", factor=4.0, original_max_position_embeddings=32)
YARN_TUNED = rope("yarn", factor=4.0, original_max_position_embeddings=24, attention_factor=1.3, beta_fast=4.0, beta_slow=0.5,
                  truncate=False)
YARN_MSCALE = rope("yarn", factor=4.0, original_max_position_embeddings=32, mscale=0.9, mscale_all_dim=0.4)
LLAMA3 = rope("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=40)
LONGROPE = dict(original_max_position_embeddings=24, **rope(
    "longrope", partial_rotary_factor=1.0, short_factor=[1.0, 1.05, 1.1, 1.3, 1.6, 2.0], long_factor=[1.0, 1.4, 2.2, 3.1, 4.5, 6.0]))
PHI3 = dict(WIDE_HEADS, original_max_position_embeddings=128)
MULTIPLIERS = dict(embedding_multiplier=2.5, attention_multiplier=0.3, residual_multiplier=0.6, logits_scaling=1.7)
GEMMA = dict(SMALL, head_dim=8, num_hidden_layers=3)
GEMMA2 = dict(GEMMA, sliding_window=5, query_pre_attn_scalar=11, attn_logit_softcapping=3.0, final_logit_softcapping=2.0)
GEMMA3_ROPE = dict(sliding_attention=dict(rope_type="default", rope_theta=100.0),
                   full_attention=dict(rope_type="linear", rope_theta=1000.0, factor=4.0))
GEMMA3 = dict(SMALL, head_dim=8, sliding_window=5, query_pre_attn_scalar=11, rope_parameters=GEMMA3_ROPE)
GEMMA3_ONE_ROPE = dict(sliding_attention=GEMMA3_ROPE["full_attention"], full_attention=GEMMA3_ROPE["full_attention"])
PER_LAYER_GEMMA = dict(hidden_size=12, vocab_size=47, vocab_size_per_layer_input=41, hidden_size_per_layer_input=4, head_dim=6, num_attention_heads=2,
                       num_key_value_heads=1, num_hidden_layers=5, num_kv_shared_layers=2, sliding_window=5, final_logit_softcapping=2.0,
                       layer_types=["sliding_attention", "full_attention", "sliding_attention", "full_attention", "sliding_attention"])
GEMMA3N = dict(PER_LAYER_GEMMA, intermediate_size=[14, 10, 12, 9, 16], altup_num_inputs=3, laurel_rank=3,
               activation_sparsity_pattern=[0.7, 0.4, 0.0, 0.2, 0.0])
GGUF_GEMMA3N = dict(GEMMA3N, vocab_size_per_layer_input=47, rope_parameters={kind: dict(rope_type="default", rope_theta=theta)
                                                                             for kind, theta in (("sliding_attention", 100.0), ("full_attention", 1000.0))})
GEMMA4 = dict(PER_LAYER_GEMMA, vocab_size_per_layer_input=47, intermediate_size=10, global_head_dim=8,
              layer_types=["sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"],
              rope_parameters=dict(sliding_attention=dict(rope_type="default", rope_theta=100.0),
                                   full_attention=dict(rope_type="proportional", rope_theta=1000.0, partial_rotary_factor=0.5)))
GEMMA4_TURNING = dict(rope_parameters=GEMMA4["rope_parameters"] | dict(full_attention=dict(rope_type="default", rope_theta=1000.0)))
GEMMA4_EXPERTS = dict(GEMMA4, hidden_size_per_layer_input=0, num_kv_shared_layers=0, num_hidden_layers=2, layer_types=GEMMA4["layer_types"][:2],
                      attention_k_eq_v=True, num_global_key_value_heads=1, num_attention_heads=4, num_key_value_heads=2, enable_moe_block=True, num_experts=5,
                      top_k_experts=2, moe_intermediate_size=6)
QWEN_MOE = dict(num_experts=5, num_experts_per_tok=2, moe_intermediate_size=12, shared_expert_intermediate_size=20)
NARROW_MOE = dict(hidden_size=12, num_attention_heads=3, num_key_value_heads=1, vocab_size=61, intermediate_size=14, moe_intermediate_size=10)
DOTS1 = dict(n_routed_experts=6, n_shared_experts=2, num_experts_per_tok=2, n_group=3, topk_group=1, first_k_dense_replace=1,
             moe_intermediate_size=12, norm_topk_prob=True, routed_scaling_factor=1.5, head_dim=6)
DEEPSEEK = dict(SMALL, vocab_size=61, intermediate_size=20, num_attention_heads=2, num_key_value_heads=2, kv_lora_rank=7, q_lora_rank=5, qk_rope_head_dim=6,
                qk_nope_head_dim=4, v_head_dim=5, n_routed_experts=6, n_shared_experts=2, num_experts_per_tok=2, moe_intermediate_size=6, n_group=3,
                topk_group=2, first_k_dense_replace=1, norm_topk_prob=True, routed_scaling_factor=1.5, num_mtp_layers=0)
DEEPSEEK_YARN = rope("yarn", factor=4.0, original_max_position_embeddings=32, mscale=0.8, mscale_all_dim=0.7, beta_fast=8.0, beta_slow=0.5)
FALCON_H1 = dict(mlp_multipliers=[0.8, 0.7], ssm_multipliers=[0.8, 0.9, 1.1, 1.2, 0.6], key_multiplier=0.7, attention_in_multiplier=1.2,
                 attention_out_multiplier=0.8, ssm_in_multiplier=0.9, ssm_out_multiplier=1.1, embedding_multiplier=1.5, lm_head_multiplier=0.9)
MINIMAX = dict(full_attn_alpha_factor=1.3, full_attn_beta_factor=0.8, linear_attn_alpha_factor=1.6, linear_attn_beta_factor=0.9, mlp_alpha_factor=1.4,
               mlp_beta_factor=0.7)
KIMI_LINEAR_OLDER = dict(layer_types=["full_attention", "linear_attention"], mlp_layer_types=["dense", "sparse"], linear_conv_kernel_dim=3)
NEMOTRON_H = dict(n_group=2, topk_group=1, routed_scaling_factor=1.5, mlp_bias=True)
STABLELM = dict(hidden_size=32, num_attention_heads=4, use_qkv_bias=True, **rope("default", partial_rotary_factor=0.5))

TINY = dict(SMALL, vocab_size=61, intermediate_size=20)
TWO_HEADS = dict(WIDE_HEADS, vocab_size=61, intermediate_size=20)
DEEP = dict(TINY, hidden_size=16, num_hidden_layers=5)
HEADS8 = dict(TINY, num_attention_heads=3, num_key_value_heads=1, head_dim=8)   # heads of which a half is even
COHERE2 = dict(DEEP, sliding_window=5, logit_scale=0.4, tie_word_embeddings=True)
EXAONE4 = dict(DEEP, sliding_window=5)
OLMO3 = dict(DEEP, num_attention_heads=2, num_key_value_heads=1, head_dim=12, sliding_window=5)
OLMO3_ROPE = dict(sliding_attention=dict(rope_type="default", rope_theta=1000.0), full_attention=YARN["rope_parameters"])
OLMO3_ONE_ROPE = dict(sliding_attention=OLMO3_ROPE["sliding_attention"], full_attention=OLMO3_ROPE["sliding_attention"])
OLMO3_HUB_ROPE = dict(sliding_attention=dict(rope_type="default", rope_theta=500000.0),
                      full_attention=YARN["rope_parameters"] | dict(rope_theta=500000.0))
HUNYUAN_ROPE = rope("dynamic", factor=1.0, alpha=50.0)
MINISTRAL3_ROPE = rope("yarn", factor=4.0, original_max_position_embeddings=8, mscale=1.0, mscale_all_dim=1.0,
                       llama_4_scaling_beta=0.6)
NO_GROWTH = dict(rope_parameters=MINISTRAL3_ROPE["rope_parameters"] | dict(llama_4_scaling_beta=0.0))

TINY_MOE = dict(TINY, num_local_experts=5)
BLOCKS_MOE = dict(BLOCKS, vocab_size=61, intermediate_size=32, num_hidden_layers=1)
FALCON = dict(ffn_hidden_size=96, **rope("default", 10000.0))
HALF_OF_10000 = rope("default", 10000.0, partial_rotary_factor=0.5)

HALF_ROTARY = rope("default", partial_rotary_factor=0.5)
NEOX_OLDER = dict(rotary_pct=0.25, rotary_emb_base=100, rope_theta=None, partial_rotary_factor=None)
PHI = dict(vocab_size=67, hidden_size=24, num_attention_heads=6)    # head_dim 4
MPT_TUNED = dict(attn_config=dict(clip_qkv=0.9, softmax_scale=0.4, alibi_bias_max=16))
BLOOM_OLDER = dict(hidden_size=None, n_embed=18, n_head=None, num_attention_heads=6, seq_length=128, n_inner=None)


def bare_bart(tensors):
    """Without the prefix, as the file of bart-base."""
    return {name.removeprefix("model."): t for name, t in tensors.items()}


def under_the_sides_names(tensors):
    """The shared embedding under the other names it has in memory."""
    shared = tensors.pop("model.shared.weight")
    return tensors | {f"model.{side}.embed_tokens.weight": shared.clone() for side in ("encoder", "decoder")}


def under_the_heads_name(tensors):
    return tensors | {"lm_head.weight": tensors.pop("model.shared.weight")}


def as_lm_head(tensors):
    """GPT-NeoX's head under the name that the reference has for it in memory."""
    return {name.replace("embed_out", "lm_head"): t for name, t in tensors.items()}


def within_a_larger_model(tensors):
    """A text model as one that also sees or hears has it."""
    return {name.replace("model.", "model.language_model.", 1): tensor for name, tensor in tensors.items()}


def without_prefix(prefix):
    return lambda tensors: {name.removeprefix(prefix): t for name, t in tensors.items()}


def bare_gpt2(tensors):
    """The file of the original gpt2: no prefix, a causal mask and a fill value in each layer."""
    found = {name.removeprefix("transformer."): t for name, t in tensors.items()}
    for layer in range(2):
        found[f"h.{layer}.attn.bias"] = torch.tril(torch.ones(48, 48)).view(1, 1, 48, 48)
        found[f"h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
    return found


def separate_convolutions(tensors):
    """What saving cuts into three of one size, cut by the widths of queries, keys and values."""
    found = dict(tensors)
    for name in [n for n in tensors if n.endswith("q_conv1d.weight")]:
        names = [name.replace("q_conv1d", kind + "_conv1d") for kind in "qkv"]
        widths = [tensors[n.replace("conv1d", "proj")].shape[0] for n in names]
        found |= dict(zip(names, torch.cat([tensors[n] for n in names]).split(widths)))
    return found


def older_weight_norm(tensors):
    """Lengths and directions under the names that torch gave them before it had parametrisations."""
    return {name.replace("parametrizations.weight.original0", "weight_g").replace("parametrizations.weight.original1", "weight_v"): t
            for name, t in tensors.items()}


def fused_xlstm(tensors):
    """Maps of the same input as rows of one; the reference has code for such models, but fails to make them."""
    for fused, parts in {"mlstm_layer.qkv_opreact": ("q", "k", "v", "ogate_preact"), "mlstm_layer.ifgate_preact": ("igate_preact", "fgate_preact"),
                         "ffn.proj_up_gate_z": ("proj_up_gate", "proj_up")}.items():
        beside = fused.split(".")[0] + "."
        for end in (".weight", ".bias"):
            for block in {n[:n.index(beside)] for n in tensors if n.endswith(beside + parts[0] + end)}:
                tensors[block + fused + end] = torch.cat([tensors.pop(block + beside + part + end) for part in parts])
    return tensors


def named_as_by_olmo(tensors):
    """Attention's norm, which saving renames as that of the other layers' feed-forward."""
    return {name.replace("1.feedforward_layer_norm", "1.post_attention_layernorm"): t for name, t in separate_convolutions(tensors).items()}


def inverse_frequencies(tensors):
    """Early llama checkpoints carry a buffer that nothing reads."""
    buffers = {f"model.layers.{i}.self_attn.rotary_emb.inv_freq": 10000.0 ** -(torch.arange(0, 6, 2) / 6) for i in range(2)}
    return tensors | buffers

MXFP4_CONFIG = dict(quant_method="mxfp4", modules_to_not_convert=["model.layers.*.self_attn", "model.layers.*.mlp.router",
                                                                "model.embed_tokens", "lm_head"])
GPT_OSS = dict(TINY, hidden_size=20, num_attention_heads=3, num_key_value_heads=1, intermediate_size=12, head_dim=8, num_local_experts=4, num_experts_per_tok=2, sliding_window=5, swiglu_limit=0.8, num_hidden_layers=3,
               **rope("yarn", factor=4.0, original_max_position_embeddings=24, beta_fast=4.0, beta_slow=0.5, truncate=False))
E2M1 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def mxfp4_numbers(w):
    """The 4-bit numbers [rows, groups, 32] and the exponents [rows, groups] of the nearest that MXFP4 can say."""
    groups = w.double().reshape(w.shape[0], -1, 32)
    exponent = (groups.abs().amax(-1).log2().floor() - 2).clamp(-127, 127)
    scaled = groups / 2**exponent[..., None]
    level = (scaled.abs()[..., None] - E2M1).abs().argmin(-1)
    return level + 8 * (scaled < 0), exponent


def to_mxfp4(name, w):
    """Experts [experts, inputs, outputs] rounded to what MXFP4 can say."""
    if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
        return w
    level, exponent = mxfp4_numbers(w.transpose(1, 2).reshape(-1, w.shape[1]))
    x = E2M1.double()[level % 8] * torch.where(level < 8, 1, -1) * 2**exponent[..., None]
    return x.reshape(w.shape[0], w.shape[2], w.shape[1]).transpose(1, 2)


def as_mxfp4(tensors):
    """Experts as the published gpt-oss checkpoints have them."""
    found = {}
    for name, t in tensors.items():
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            found[name] = t
            continue
        level, exponent = mxfp4_numbers(t.transpose(1, 2).reshape(-1, t.shape[1]))
        shape = (t.shape[0], t.shape[2], t.shape[1] // 32)
        found[name + "_blocks"] = (level[..., 0::2] | level[..., 1::2] << 4).to(torch.uint8).reshape(*shape, 16)
        found[name + "_scales"] = (exponent + 127).to(torch.uint8).reshape(shape)
    return found


def to_ternary(name, w):
    """Maps but the head rounded to -1, 0 and 1 times a power of two."""
    if "_proj" not in name:
        return w
    scale = 2**w.abs().mean().log2().round()
    return (w / scale).round().clamp(-1, 1) * scale


def packed_ternary(inverse):
    """Four rows to a byte, as the published BitNet checkpoints have them, with the scale or its inverse."""
    def rename(tensors):
        found = {}
        for name, w in tensors.items():
            if "_proj" not in name:
                found[name] = w
                continue
            scale = w.abs().max()
            rows = ((w / scale).round() + 1).to(torch.uint8).reshape(4, -1, w.shape[1])
            found[name] = rows[0] | rows[1] << 2 | rows[2] << 4 | rows[3] << 6
            found[name + "_scale"] = (1 / scale if inverse else scale).reshape(1)
        return found
    return rename


def unrounded(tensors):
    """Weights whose rounding, by the mean of their size, gives the model's."""
    def one(w):
        scale, share = w.abs().max(), (w != 0).double().mean()
        small = 0.2 * scale * torch.where(torch.rand(w.shape) < 0.5, 1, -1)
        return torch.where(w == 0, small, w.sign() * (scale - (1 - share) * 0.2 * scale) / share).to(w.dtype)
    return {name: one(w) if "_proj" in name else w for name, w in tensors.items()}


GLM4_MOE = dict(DOTS1 | NARROW_MOE, num_mtp_layers=0, use_qk_norm=True, attention_bias=True, head_dim=8, **rope("default", partial_rotary_factor=0.5))
SOLAR_OPEN = {key: DOTS1[key] for key in DOTS1 if key != "first_k_dense_replace"} | NARROW_MOE | dict(head_dim=8, attention_bias=True)
SPARSE = dict(DEEP, hidden_size=12, vocab_size=47, num_attention_heads=2, num_key_value_heads=1, num_hidden_layers=3, head_dim=8, sliding_window=5, num_experts=4,
              num_experts_per_tok=2, moe_intermediate_size=10)
EXAONE_MOE = dict(SPARSE,
                  num_shared_experts=2, layer_types=["sliding_attention", "full_attention", "sliding_attention"])
MINIMAX_M2 = dict(NARROW_MOE, head_dim=8, num_local_experts=4, num_experts_per_tok=2, **rope("default", partial_rotary_factor=0.5))
MELLUM_ROPE = dict(sliding_attention=dict(rope_type="default", rope_theta=100.0),
                   full_attention=dict(rope_type="yarn", rope_theta=1000.0, factor=4.0, original_max_position_embeddings=24))
AFMOE = dict(SPARSE, num_shared_experts=2,
             route_scale=1.5, global_attn_every_n_layers=3)
MODERNBERT = dict(vocab_size=47, hidden_size=20, num_attention_heads=2, intermediate_size=20, num_hidden_layers=3, local_attention=10,
                  max_position_embeddings=128, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2)
BITNET = dict(TINY, intermediate_size=20, hidden_act="relu2", max_position_embeddings=128)
BITNET_OFFLINE = dict(quant_method="bitnet", linear_class="autobitlinear", quantization_mode="offline", modules_to_not_convert=["lm_head"])
BITNET_ONLINE = dict(BITNET_OFFLINE, quantization_mode="online")
JETMOE = dict(num_local_experts=5, num_experts_per_tok=2, rms_norm_eps=0.1)


def a_mixture(name):
    """Types in one file as a quantiser mixes them."""
    kinds = {"embed_tokens": "Q8_0", "v_proj": "Q5_1", "o_proj": "Q5_0", "down_proj": "F16", "gate_proj": "Q4_1", "k_proj": "BF16"}
    return next((kind for part, kind in kinds.items() if part in name), "Q4_0")


def experts_q8_0(name):
    """So that nothing is rounded before the router chooses."""
    return "Q8_0" if ".experts." in name else "F16"


CASES = {
    "gpt2": Case("gpt2"),
    "gpt2-bare": Case("gpt2", dict(n_inner=50, scale_attn_by_inverse_layer_idx=True), dict(scale_attn_by_inverse_layer_idx=False),
                      older=True, rename=bare_gpt2, hub=dict(n_ctx=48)),
    "llama": Case("llama", lengths=(1, 7, 23, 71)),
    "llama-tied-older": Case("llama", dict(tie_word_embeddings=True, **rope("default", 10000.0)), older=True,
                             rename=inverse_frequencies, hub=dict(pretraining_tp=1, head_dim=None, attention_bias=None, mlp_bias=None)),
    "llama-biases": Case("llama", dict(attention_bias=True, mlp_bias=True)),
    "llama-head-dim": Case("llama", dict(head_dim=10)),
    "llama-f16": Case("llama", dtype="float16"),
    "llama-bf16": Case("llama", dtype="bfloat16"),
    "llama-sharded": Case("llama", shard="40KB"),
    "llama-bf16-sharded-older": Case("llama", dict(tie_word_embeddings=True), dtype="bfloat16", shard="16KB", older=True),
    "llama-rope-linear": Case("llama", dict(WIDE_HEADS, **rope("linear", factor=4.0)), PLAIN_ROPE),
    "llama-rope-linear-older": Case("llama", dict(WIDE_HEADS, **rope("linear", factor=4.0)), PLAIN_ROPE, older=True),
    "llama-rope-dynamic": Case("llama", dict(WIDE_HEADS, max_position_embeddings=16, **rope("dynamic", factor=3.0)), PLAIN_ROPE,
                               lengths=(1, 4, 23), greedy_up_to=16),
    "llama-rope-yarn": Case("llama", dict(WIDE_HEADS, **YARN), PLAIN_ROPE),
    "llama-rope-yarn-older": Case("llama", dict(WIDE_HEADS, **YARN), PLAIN_ROPE, older=True),
    "llama-rope-yarn-tuned": Case("llama", dict(WIDE_HEADS, **YARN_TUNED), YARN),
    "llama-rope-yarn-mscale": Case("llama", dict(WIDE_HEADS, **YARN_MSCALE), YARN),
    "llama-rope-llama3": Case("llama", dict(WIDE_HEADS, **LLAMA3), PLAIN_ROPE),
    "llama-rope-llama3-older": Case("llama", dict(WIDE_HEADS, **LLAMA3), PLAIN_ROPE, older=True, hub=dict(eos_token_id=[2, 5])),
    "mistral": Case("mistral", dict(sliding_window=5), dict(sliding_window=None), lengths=(1, 7, 23, 71)),
    "mistral-full-older": Case("mistral", dict(sliding_window=None, head_dim=8), dict(sliding_window=5), older=True,
                               hub=dict(rope_theta=10000)),
    "qwen2": Case("qwen2", dict(num_hidden_layers=3)),
    "qwen2-unused-window-older": Case("qwen2", dict(tie_word_embeddings=True), older=True,
                                      hub=dict(use_sliding_window=False, sliding_window=5, max_window_layers=1)),
    "qwen2-window": Case("qwen2", dict(SMALL, num_hidden_layers=3, use_sliding_window=True, sliding_window=5, max_window_layers=1),
                         dict(use_sliding_window=False)),
    "qwen2-window-older": Case("qwen2", dict(SMALL, num_hidden_layers=3, use_sliding_window=True, sliding_window=5, max_window_layers=2),
                               dict(max_window_layers=1), older=True),
    "qwen3": Case("qwen3", dict(head_dim=8)),
    "qwen3-biases-window": Case("qwen3", dict(SMALL, num_hidden_layers=3, head_dim=8, attention_bias=True, use_sliding_window=True,
                                              sliding_window=5, max_window_layers=1), dict(use_sliding_window=False)),
    "smollm3": Case("smollm3", dict(SMALL, num_hidden_layers=5, tie_word_embeddings=True), dict(no_rope_layers=[1] * 5)),
    "smollm3-window": Case("smollm3", dict(SMALL, num_hidden_layers=3, no_rope_layers=[1, 0, 1], use_sliding_window=True, sliding_window=5,
                                           tie_word_embeddings=False), dict(use_sliding_window=False)),
    "smollm3-older": Case("smollm3", dict(SMALL, num_hidden_layers=4, no_rope_layer_interval=2, tie_word_embeddings=True),
                          dict(no_rope_layers=[1, 1, 1, 0]), older=True, hub=dict(no_rope_layers=None)),
    "olmo2": Case("olmo2"),
    "olmo2-biases-older": Case("olmo2", dict(attention_bias=True), older=True),
    "granite": Case("granite", dict(MULTIPLIERS), dict(attention_multiplier=1.0)),
    "granite-biases-older": Case("granite", dict(MULTIPLIERS, attention_bias=True, mlp_bias=True),
                                 dict(residual_multiplier=1.0), older=True),
    "phi3": Case("phi3", dict(PHI3, sliding_window=5, **rope("default", partial_rotary_factor=0.5)), dict(sliding_window=None)),
    "phi3-older": Case("phi3", dict(PHI3, sliding_window=None, **rope("default", 10000.0)), PLAIN_ROPE, older=True),
    "phi3-longrope": Case("phi3", dict(WIDE_HEADS, **LONGROPE), PLAIN_ROPE, lengths=(1, 7, 29)),
    "phi3-longrope-older": Case("phi3", dict(WIDE_HEADS, **LONGROPE), PLAIN_ROPE, lengths=(1, 7, 29), older=True),
    "stablelm": Case("stablelm", STABLELM, rope("default", partial_rotary_factor=1.0)),
    "stablelm-parallel-older": Case("stablelm", dict(STABLELM, use_qkv_bias=False, qk_layernorm=True, use_parallel_residual=True),
                                    rope("default", partial_rotary_factor=1.0), older=True),
    "gemma": Case("gemma", dict(GEMMA, num_key_value_heads=1)),
    "gemma-bf16-older": Case("gemma", GEMMA, dtype="bfloat16", older=True, hub=dict(hidden_act="gelu")),
    "gemma2": Case("gemma2", GEMMA2, dict(attn_logit_softcapping=None), lengths=(1, 7, 23, 71)),
    "gemma2-biases-older": Case("gemma2", dict(GEMMA2, attention_bias=True), dict(query_pre_attn_scalar=256), older=True),
    "gemma3": Case("gemma3_text", dict(GEMMA3, num_hidden_layers=7), dict(rope_parameters=GEMMA3_ONE_ROPE)),
    "gemma3-older": Case("gemma3_text", dict(GEMMA3, num_hidden_layers=4, final_logit_softcapping=2.0,
                                             layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]),
                         dict(layer_types=["full_attention"] * 4), older=True, hub=dict(sliding_window_pattern=3)),
    "starcoder2": Case("starcoder2", dict(TINY, sliding_window=5), dict(sliding_window=None)),
    "starcoder2-older": Case("starcoder2", dict(TINY, tie_word_embeddings=True, use_bias=False, sliding_window=None), dict(sliding_window=5),
                             older=True, hub=dict(norm_type="layer_norm", hidden_act=None, tie_word_embeddings=None)),
    "olmo": Case("olmo", dict(TINY, clip_qkv=0.9), dict(clip_qkv=None)),
    "olmo-biases-older": Case("olmo", dict(TINY, attention_bias=True, tie_word_embeddings=True), older=True),
    "cohere": Case("cohere", dict(TINY, use_qk_norm=True, logit_scale=0.4, tie_word_embeddings=True), dict(logit_scale=0.3)),
    "cohere-older": Case("cohere", dict(TINY, attention_bias=True, logit_scale=0.7, num_key_value_heads=4, tie_word_embeddings=True),
                         older=True, hub=dict(tie_word_embeddings=None, num_key_value_heads=None, rope_theta=None)),
    "cohere2": Case("cohere2", COHERE2, dict(layer_types=["sliding_attention"] * 5)),
    "cohere2-older": Case("cohere2", dict(COHERE2, num_hidden_layers=3,
                                          layer_types=["sliding_attention", "full_attention", "sliding_attention"]),
                          dict(sliding_window=9), older=True, hub=dict(sliding_window_pattern=2)),
    "nemotron": Case("nemotron", dict(HEADS8, attention_bias=True, mlp_bias=True), rope("default", partial_rotary_factor=1.0)),
    "nemotron-older": Case("nemotron", dict(HEADS8, **rope("default", partial_rotary_factor=0.25)),
                           rope("default", partial_rotary_factor=0.5), older=True, hub=dict(hidden_act=None)),
    "glm": Case("glm", dict(HEADS8, **rope("default", partial_rotary_factor=0.5)), rope("default", partial_rotary_factor=1.0)),
    "glm-older": Case("glm", dict(HEADS8, attention_bias=False, **rope("default", partial_rotary_factor=0.5)),
                      rope("default", partial_rotary_factor=1.0), older=True),
    "glm4": Case("glm4", dict(HEADS8, **rope("default", partial_rotary_factor=0.5)), rope("default", partial_rotary_factor=1.0)),
    "glm4-older": Case("glm4", dict(HEADS8, **rope("default", partial_rotary_factor=0.5)),
                       rope("default", partial_rotary_factor=1.0), older=True, hub=dict(partial_rotary_factor=None, attention_bias=None)),
    "exaone4": Case("exaone4", dict(EXAONE4, head_dim=8, **LLAMA3), dict(layer_types=["sliding_attention"] * 5)),
    "exaone4-full-older": Case("exaone4", dict(TINY, sliding_window=None, layer_types=["full_attention"] * 2, tie_word_embeddings=True,
                                               **LLAMA3), PLAIN_ROPE, older=True,
                               hub=dict(layer_types=["full_attention"] * 2, sliding_window_pattern=None)),
    "exaone4-older": Case("exaone4", EXAONE4, dict(sliding_window=9), older=True,
                          hub=dict(layer_types=["sliding_attention"] * 3 + ["full_attention", "sliding_attention"],
                                   sliding_window_pattern="LLLG")),
    "ernie4_5": Case("ernie4_5", dict(HEADS8, use_bias=True)),
    "ernie4_5-older": Case("ernie4_5", dict(HEADS8, tie_word_embeddings=True, **rope("default", 500000.0)), PLAIN_ROPE, older=True,
                           hub=dict(tie_word_embeddings=None, rope_theta=None)),
    "seed_oss": Case("seed_oss", dict(TINY, head_dim=8)),
    "seed_oss-biases-older": Case("seed_oss", dict(TINY, head_dim=10, attention_out_bias=True, mlp_bias=True), older=True, hub=dict(attention_bias=None)),
    "helium": Case("helium", dict(HEADS8, attention_bias=True, mlp_bias=True)),
    "helium-older": Case("helium", HEADS8, older=True, hub=dict(rope_theta=None)),
    "arcee": Case("arcee", dict(TWO_HEADS, attention_bias=True, mlp_bias=True, **YARN), PLAIN_ROPE),
    "arcee-older": Case("arcee", dict(TWO_HEADS, **YARN), PLAIN_ROPE, older=True, hub=dict(hidden_act=None)),
    "olmo3": Case("olmo3", dict(OLMO3, rope_parameters=OLMO3_ROPE),
                  dict(rope_parameters=OLMO3_ONE_ROPE)),
    "olmo3-older": Case("olmo3", dict(OLMO3, num_hidden_layers=3, attention_bias=True, rope_parameters=OLMO3_HUB_ROPE,
                                      layer_types=["sliding_attention", "full_attention", "sliding_attention"]),
                        dict(sliding_window=9), older=True,
                        hub=dict(rope_local_base_freq=None, layer_types=["sliding_attention", "full_attention", "sliding_attention"])),
    "apertus": Case("apertus", dict(TWO_HEADS, attention_bias=True, **LLAMA3), PLAIN_ROPE),
    "apertus-older": Case("apertus", dict(TWO_HEADS, **LLAMA3), PLAIN_ROPE, dtype="bfloat16", older=True, hub=dict(hidden_act=None)),
    "apertus-gelu-older": Case("apertus", dict(TINY, head_dim=16, hidden_act="gelu", num_hidden_layers=1), dict(hidden_act="relu2"),
                          older=True, hub=dict(rope_theta=None, rope_scaling=None)),
    "ministral": Case("ministral", dict(DEEP, num_hidden_layers=3, sliding_window=5, head_dim=8,
                                        layer_types=["full_attention", "sliding_attention", "sliding_attention"]),
                      dict(layer_types=["sliding_attention"] * 3)),
    "ministral3": Case("ministral3", dict(TWO_HEADS, head_dim=12, **MINISTRAL3_ROPE), NO_GROWTH, lengths=(1, 7, 23, 71)),
    "nanochat": Case("nanochat", dict(TINY, final_logit_softcapping=2.0), dict(final_logit_softcapping=None)),
    "nanochat-biases-older": Case("nanochat", dict(TINY, attention_bias=True, num_key_value_heads=4, tie_word_embeddings=True), older=True,
                                  hub=dict(final_logit_softcapping=None, hidden_act=None)),
    "hunyuan": Case("hunyuan_v1_dense", dict(TWO_HEADS, head_dim=8, attention_bias=True)),
    "hunyuan-older": Case("hunyuan_v1_dense", dict(TWO_HEADS, head_dim=12, tie_word_embeddings=True, **HUNYUAN_ROPE), PLAIN_ROPE,
                          older=True),
    "cwm": Case("cwm", dict(DEEP, head_dim=8, sliding_window=5, **LLAMA3), dict(layer_types=["sliding_attention"] * 5)),
    "hyperclovax": Case("hyperclovax", dict(TINY, **MULTIPLIERS), dict(logits_scaling=1.0)),
    "hyperclovax-older": Case("hyperclovax", dict(TINY, use_post_norm=False, embedding_multiplier=2.5), dict(attention_multiplier=1.0),
                              older=True, hub=dict(attention_multiplier=None)),
    "jais2": Case("jais2", dict(TINY, num_key_value_heads=4), dict(hidden_act="relu"),
                  hub=dict(hidden_act=None, attention_bias=None, mlp_bias=None)),
    "internlm3": Case("internlm3", dict(HEADS8, attention_bias=True, mlp_bias=True)),
    "internlm3-older": Case("internlm3", dict(TWO_HEADS, head_dim=12, attention_bias=True, mlp_bias=True, max_position_embeddings=16,
                                              **rope("dynamic", factor=3.0)), PLAIN_ROPE, lengths=(1, 4, 23), greedy_up_to=16, older=True,
                            hub=dict(attention_bias=None, mlp_bias=None, qkv_bias=True, bias=True)),
    "iquestcoder-older": Case("iquestcoder", dict(TINY, head_dim=8), older=True, hub=dict(clip_qkv=None, use_sliding_window=False)),
    "gemma3n": Case("gemma3n_text", GEMMA3N, dict(activation_sparsity_pattern=[0.0] * 5)),
    "gemma3n-active-stream": Case("gemma3n_text", dict(GEMMA3N, altup_active_idx=1, attention_bias=True), dict(altup_active_idx=0)),
    "gemma3n-bf16-older": Case("gemma3n_text", dict(GEMMA3N, intermediate_size=14, activation_sparsity_pattern=[0.0, 0.6, 0.0, 0.0, 0.0],
                                                    altup_correct_scale=False, layer_types=None, num_kv_shared_layers=0),
                               dict(altup_correct_scale=True), dtype="bfloat16", older=True, hub=dict(intermediate_size=14)),
    "gemma3n-within": Case("gemma3n_text", GEMMA3N, dict(sliding_window=9), within="gemma3n", rename=within_a_larger_model, reload=False),
    "gemma4": Case("gemma4_text", dict(GEMMA4, use_double_wide_mlp=True), GEMMA4_TURNING),
    "gemma4-experts": Case("gemma4_text", GEMMA4_EXPERTS, dict(top_k_experts=1)),
    "gemma4-within-older": Case("gemma4_text", dict(GEMMA4, attention_k_eq_v=True, num_global_key_value_heads=1, attention_bias=True), dict(sliding_window=9),
                                within="gemma4", rename=within_a_larger_model, reload=False,
                                hub=dict(per_layer_config=None, global_head_dim=8, num_global_key_value_heads=1)),
    "vaultgemma": Case("vaultgemma", GEMMA2, dict(attn_logit_softcapping=None)),

    "mixtral": Case("mixtral", dict(num_local_experts=5), dict(num_experts_per_tok=1), lengths=(1, 7, 23, 71)),
    "mixtral-window-older": Case("mixtral", dict(num_local_experts=3, sliding_window=5), dict(sliding_window=None),
                                 older=True),
    "phimoe": Case("phimoe", dict(num_local_experts=5, router_jitter_noise=0.2, attention_bias=True, lm_head_bias=True),
                   dict(router_jitter_noise=0.01)),
    "qwen2_moe": Case("qwen2_moe", QWEN_MOE, dict(norm_topk_prob=True)),
    "qwen2_moe-dense-older": Case("qwen2_moe", dict(QWEN_MOE, norm_topk_prob=True, num_hidden_layers=3, decoder_sparse_step=2, qkv_bias=False),
                                  dict(norm_topk_prob=False), older=True),
    "qwen3_moe": Case("qwen3_moe", dict(QWEN_MOE, head_dim=8, norm_topk_prob=True, num_hidden_layers=3, mlp_only_layers=[1]),
                      dict(norm_topk_prob=False)),
    "qwen3_moe-window-older": Case("qwen3_moe", dict(QWEN_MOE, head_dim=8, use_sliding_window=True, sliding_window=5),
                                   dict(use_sliding_window=False), older=True),
    "olmoe": Case("olmoe", dict(num_experts=5, num_experts_per_tok=2), dict(norm_topk_prob=True)),
    "flex_olmo": Case("flex_olmo", dict(num_experts=5, num_experts_per_tok=3), dict(num_experts_per_tok=2)),
    "granitemoe": Case("granitemoe", dict(MULTIPLIERS, num_local_experts=5), dict(num_experts_per_tok=1)),
    "ernie4_5_moe": Case("ernie4_5_moe", dict(moe_num_experts=5, moe_k=2, moe_intermediate_size=12, num_hidden_layers=3, moe_layer_interval=1),
                         dict(moe_k=1)),
    "hunyuan_v1_moe": Case("hunyuan_v1_moe", dict(num_experts=5, moe_topk=2, head_dim=6), dict(moe_topk=1)),
    "gpt_oss": Case("gpt_oss", GPT_OSS, dict(swiglu_limit=7.0)),
    "gpt_oss-bf16-older": Case("gpt_oss", dict(GPT_OSS, num_key_value_heads=3, attention_bias=False, num_hidden_layers=2,
                                               layer_types=["full_attention", "sliding_attention"]), dict(sliding_window=9),
                               dtype="bfloat16", older=True, hub=dict(layer_types=["full_attention", "sliding_attention"], swiglu_limit=0.8)),
    "gpt_oss-mxfp4": Case("gpt_oss", dict(GPT_OSS, hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_local_experts=3),
                          dict(swiglu_alpha=1.0), dtype="bfloat16", adjust=to_mxfp4, rename=as_mxfp4, gap=0.02, hub=dict(quantization_config=MXFP4_CONFIG)),
    "glm4_moe": Case("glm4_moe", GLM4_MOE, dict(topk_group=2)),
    "glm4_moe-older": Case("glm4_moe", dict(GLM4_MOE, use_qk_norm=False, attention_bias=False, n_group=1, topk_group=1, norm_topk_prob=False),
                           dict(norm_topk_prob=True), older=True, hub=dict(num_nextn_predict_layers=1)),
    "solar_open": Case("solar_open", SOLAR_OPEN, dict(routed_scaling_factor=1.0)),
    "exaone_moe": Case("exaone_moe", EXAONE_MOE, dict(layer_types=["sliding_attention"] * 3)),
    "minimax_m2": Case("minimax_m2", MINIMAX_M2, rope("default", partial_rotary_factor=1.0)),
    "minimax_m2-older": Case("minimax_m2", dict(MINIMAX_M2 | dict(head_dim=12, num_attention_heads=2)), rope("default", partial_rotary_factor=1.0),
                             older=True, hub=dict(partial_rotary_factor=None, rotary_dim=6)),
    "mellum": Case("mellum", dict(SPARSE,
                                  layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                                  mlp_layer_types=["dense", "sparse", "sparse"], rope_parameters=MELLUM_ROPE), dict(norm_topk_prob=False)),
    "afmoe": Case("afmoe", dict(AFMOE, mup_enabled=True), dict(route_scale=1.0)),
    "afmoe-older": Case("afmoe", dict(AFMOE, attention_bias=True, num_hidden_layers=2, global_attn_every_n_layers=2, num_dense_layers=0),
                        dict(sliding_window=9), older=True),
    "granite_swa": Case("granite_swa", dict(DEEP | MULTIPLIERS, num_hidden_layers=4, sliding_window=5, layer_rope_theta=[100, 0, 1000, 100]),
                        dict(layer_rope_theta=[100] * 4)),
    "granite_swa-older": Case("granite_swa", dict(DEEP | MULTIPLIERS, num_hidden_layers=2, sliding_window=5, tie_word_embeddings=False),
                              dict(sliding_window=9), older=True, hub=dict(layer_rope_theta=None)),
    "granitemoe_swa": Case("granitemoe_swa", dict(DEEP | MULTIPLIERS, num_hidden_layers=2, sliding_window=5, num_local_experts=3, num_experts_per_tok=2,
                                                  shared_intermediate_size=12), dict(num_experts_per_tok=1)),
    "granitemoeshared": Case("granitemoeshared", dict(TINY | dict(hidden_size=16), **MULTIPLIERS, num_local_experts=3, num_experts_per_tok=2, shared_intermediate_size=12),
                             dict(num_experts_per_tok=1)),
    "modernbert-decoder": Case("modernbert-decoder", dict(MODERNBERT, attention_bias=True, mlp_bias=True, norm_bias=True, classifier_bias=True),
                               dict(local_attention=18)),
    "modernbert-decoder-older": Case("modernbert-decoder", dict(MODERNBERT, num_hidden_layers=2, tie_word_embeddings=False, decoder_bias=False),
                                     dict(local_attention=18), older=True,
                                     hub=dict(rope_theta=None, rope_scaling=None, rope_local_base_freq=None, global_rope_theta=160000.0,
                                              local_rope_theta=10000.0, global_attn_every_n_layers=2)),
    "diffllama": Case("diffllama", dict(TINY, head_dim=8, attention_bias=True)),
    "diffllama-older": Case("diffllama", dict(TINY, num_attention_heads=8, num_key_value_heads=4, head_dim=4, hidden_size=20, tie_word_embeddings=True),
                            older=True),
    "bitnet": Case("bitnet", dict(BITNET, attention_bias=True)),
    "bitnet-packed-older": Case("bitnet", dict(BITNET, tie_word_embeddings=True), dtype="bfloat16", adjust=to_ternary,
                                rename=packed_ternary(False), reload=False, older=True, hub=dict(quantization_config=BITNET_OFFLINE)),
    "bitnet-inverse-older": Case("bitnet", dict(BITNET, num_hidden_layers=1), dtype="bfloat16", adjust=to_ternary,
                                 rename=packed_ternary(True), reload=False, older=True,
                                 hub=dict(hidden_act=None, quantization_config=dict(quant_method="bitnet"))),
    "bitnet-online": Case("bitnet", dict(BITNET, num_hidden_layers=1), adjust=to_ternary, rename=unrounded, reload=False,
                          hub=dict(quantization_config=BITNET_ONLINE)),
    "doge": Case("doge", dict(TINY, attention_bias=True, mlp_bias=True)),
    "doge-window-older": Case("doge", dict(TINY, sliding_window=5, tie_word_embeddings=True, keep_window_size=64), dict(sliding_window=None),
                              older=True),
    "jetmoe": Case("jetmoe", JETMOE, dict(num_experts_per_tok=1)),
    "jetmoe-older": Case("jetmoe", dict(JETMOE, num_local_experts=4, num_experts_per_tok=3, tie_word_embeddings=False), dict(rms_norm_eps=1e-6), older=True,
                         hub=dict(num_attention_heads=None)),
    "dots1": Case("dots1", DOTS1, dict(topk_group=2)),
    "dots1-window-older": Case("dots1", dict(DOTS1, n_group=1, topk_group=1, sliding_window=5, max_window_layers=1), dict(sliding_window=None),
                               older=True),

    "gpt-neox": Case("gpt_neox", HALF_ROTARY, rope("default", partial_rotary_factor=1.0), rename=as_lm_head),
    "gpt-neox-sequential-older": Case("gpt_neox", dict(use_parallel_residual=False, attention_bias=False, hidden_act="gelu_fast",
                                                       **rope("default", partial_rotary_factor=0.25)),
                                      dict(use_parallel_residual=True), older=True, hub=NEOX_OLDER),
    "phi": Case("phi", dict(PHI, **HALF_ROTARY), rope("default", partial_rotary_factor=1.0)),
    "phi-norms-older": Case("phi", dict(PHI, qk_layernorm=True, **HALF_ROTARY), rope("default", partial_rotary_factor=1.0),
                            older=True),
    "gptj": Case("gptj", dict(), dict(rotary_dim=2)),
    "gptj-older": Case("gptj", dict(n_inner=None, rotary_dim=6), dict(rotary_dim=4), older=True, hub=dict(n_inner=None, rotary=True)),
    "codegen": Case("codegen", dict(), dict(rotary_dim=2)),
    "opt": Case("opt", dict(), dict(activation_function="gelu")),
    "opt-narrow-post-norm": Case("opt", dict(word_embed_proj_dim=14, do_layer_norm_before=False), dict(activation_function="gelu")),
    "opt-bare-older": Case("opt", dict(enable_bias=False, layer_norm_elementwise_affine=False, activation_function="gelu"),
                           dict(activation_function="relu"), older=True, rename=without_prefix("model."),
                           hub=dict(tie_word_embeddings=None, word_embed_proj_dim=None)),
    "gpt-bigcode": Case("gpt_bigcode", dict(n_inner=50), dict(scale_attn_weights=False)),
    "gpt-bigcode-multi-head-older": Case("gpt_bigcode", dict(multi_query=False, scale_attn_weights=False), dict(scale_attn_weights=True),
                                         older=True),
    "gpt-neo": Case("gpt_neo", dict(), dict(window_size=40)),
    "gpt-neo-older": Case("gpt_neo", dict(num_layers=3, attention_types=[[["local"], 2], [["global"], 1]], intermediate_size=50),
                          dict(window_size=40), older=True, hub=dict(attention_layers=["local", "local", "global"])),
    "falcon": Case("falcon", rope("default"), rope("default", 10000.0)),
    "falcon-grouped": Case("falcon", dict(new_decoder_architecture=True, num_kv_heads=2, bias=True, **rope("default")),
                           rope("default", 10000.0)),
    "falcon-grouped-one-norm-older": Case("falcon", dict(new_decoder_architecture=True, num_kv_heads=3, num_ln_in_parallel_attn=1,
                                                         **rope("linear", factor=4.0)), PLAIN_ROPE, older=True),
    "falcon-alibi": Case("falcon", dict(num_attention_heads=12, alibi=True, multi_query=False, parallel_attn=False, bias=True), dict(alibi=False),
                         lengths=(1, 7, 23, 71), attention="sdpa"),
    "bloom": Case("bloom"),
    "bloom-bare-older": Case("bloom", older=True, rename=without_prefix("transformer."), hub=BLOOM_OLDER),
    "mpt": Case("mpt", dict(), MPT_TUNED),
    "mpt-clipped-older": Case("mpt", MPT_TUNED, dict(attn_config=dict(MPT_TUNED["attn_config"], alibi_bias_max=8)), older=True),
    "persimmon": Case("persimmon", HALF_ROTARY, rope("default", partial_rotary_factor=1.0)),
    "persimmon-no-norms-older": Case("persimmon", dict(qk_layernorm=False, **HALF_ROTARY), rope("default", partial_rotary_factor=1.0),
                                     older=True),
    "xglm": Case("xglm", dict(), dict(pad_token_id=0)),
    "xglm-unscaled-older": Case("xglm", dict(scale_embedding=False, pad_token_id=1), dict(scale_embedding=True), older=True),
    "biogpt": Case("biogpt", dict(tie_word_embeddings=False), dict(scale_embedding=False)),
    "ctrl": Case("ctrl", dict(layer_norm_epsilon=0.05), dict(layer_norm_epsilon=1e-6)),

    "mamba": Case("mamba", lengths=(1, 3, 7, 23)),
    "mamba-biases-older": Case("mamba", dict(use_bias=True, use_conv_bias=False, conv_kernel=3, time_step_rank="auto"), older=True,
                               hub=dict(layer_types=None, time_step_rank="auto")),
    "falcon-mamba": Case("falcon_mamba", dict(tie_word_embeddings=False), dict(mixer_rms_eps=0.1)),

    "t5": Case("t5", dict(feed_forward_proj="relu"), dict(relative_attention_max_distance=30)),
    "t5-gated-older": Case("t5", dict(feed_forward_proj="gated-gelu"), older=True, hub=dict(tie_word_embeddings=None)),
    "mt5": Case("mt5", dict(feed_forward_proj="gated-gelu")),
    "bart": Case("bart", dict(activation_function="gelu"), dict(activation_function="relu")),
    "bart-older": Case("bart", dict(decoder_ffn_dim=18), older=True, rename=bare_bart,
                       hub=dict(tie_word_embeddings=None, scale_embedding=None, activation_function=None, normalize_before=False, num_hidden_layers=1)),
    "mvp": Case("mvp"),
    "plbart": Case("plbart", dict(scale_embedding=True), dict(scale_embedding=False)),
    "plbart-older": Case("plbart", older=True, hub=dict(scale_embedding=None, tie_word_embeddings=None)),
    "mbart": Case("mbart", dict(scale_embedding=True), dict(scale_embedding=False)),
    "mbart-older": Case("mbart", dict(activation_function="relu"), older=True, rename=under_the_sides_names,
                        hub=dict(add_bias_logits=False, add_final_layer_norm=True, normalize_before=True, normalize_embedding=True)),
    "marian": Case("marian", dict(scale_embedding=True, activation_function="swish"), dict(scale_embedding=False)),
    "marian-unshared": Case("marian", dict(scale_embedding=True, activation_function="swish", share_encoder_decoder_embeddings=False,
                                           decoder_vocab_size=47)),
    "marian-older": Case("marian", dict(activation_function="relu", vocab_size=67), older=True, rename=under_the_heads_name,
                         hub=dict(share_encoder_decoder_embeddings=None, decoder_vocab_size=None, static_position_embeddings=True)),
    "pegasus": Case("pegasus", dict(scale_embedding=True, activation_function="relu"), dict(scale_embedding=False)),
    "m2m_100": Case("m2m_100", dict(activation_function="gelu"), dict(scale_embedding=False)),
    "m2m_100-older": Case("m2m_100", older=True, rename=under_the_sides_names,
                          hub=dict(activation_function=None, scale_embedding=None, tie_word_embeddings=None, pad_token_id=None)),
    "blenderbot": Case("blenderbot", dict(scale_embedding=True), dict(scale_embedding=False)),
    "blenderbot_small": Case("blenderbot-small", dict(scale_embedding=True), dict(scale_embedding=False)),
    "led": Case("led", plain=dict(attention_window=[6])),
    "led-older": Case("led", dict(attention_window=6), dict(attention_window=8), older=True,
                      hub=dict(attention_window=6, scale_embedding=True, tie_word_embeddings=None, num_hidden_layers=1)),
    "switch_transformers": Case("switch_transformers", dict(router_bias=True)),
    "switch_transformers-older": Case("switch_transformers", dict(num_sparse_encoder_layers=2, num_sparse_decoder_layers=0), older=True,
                                      hub=dict(router_bias=None, tie_word_embeddings=None, is_gated_act=False, feed_forward_proj="relu")),
    "t5-unscaled": Case("t5", dict(vocab_size=47, num_decoder_layers=2, feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "longt5": Case("longt5", dict(local_radius=3, feed_forward_proj="gated-gelu"), dict(local_radius=4)),
    "longt5-older": Case("longt5", dict(local_radius=5, tie_word_embeddings=False), older=True, hub=dict(encoder_attention_type=None)),
    "umt5": Case("umt5", dict(feed_forward_proj="gated-gelu"), dict(relative_attention_max_distance=30)),

    "wav2vec2": Case("wav2vec2", dict(mask_time_prob=0.0), dict(do_stable_layer_norm=True), lengths=(1, 7, 15)),
    "wav2vec2-older": Case("wav2vec2", dict(feat_extract_norm="layer", do_stable_layer_norm=True, conv_bias=True, num_conv_pos_embeddings=5),
                           dict(do_stable_layer_norm=False), lengths=(1, 7, 15), older=True, rename=older_weight_norm),
    "hubert": Case("hubert", dict(feat_proj_layer_norm=False), dict(hidden_act="relu"), lengths=(1, 7, 15)),
    "hubert-older": Case("hubert", dict(feat_extract_norm="layer", do_stable_layer_norm=True, feat_extract_activation="relu", conv_bias=True),
                         dict(feat_extract_activation="gelu"), lengths=(1, 7, 15), older=True, rename=older_weight_norm,
                         hub=dict(feat_proj_layer_norm=None)),
    "moonshine": Case("moonshine", dict(pad_head_dim_to_multiple_of=8), dict(encoder_hidden_act="relu"), lengths=(1, 7)),
    "moonshine-older": Case("moonshine", dict(attention_bias=True, encoder_num_hidden_layers=2, decoder_num_hidden_layers=1, decoder_hidden_act="gelu"),
                            dict(decoder_hidden_act="silu"), lengths=(1, 6), older=True),
    "whisper": Case("whisper", dict(), dict(activation_function="relu"), lengths=(1, 7, 19)),
    "whisper-older": Case("whisper", dict(activation_function="relu", encoder_layers=2, decoder_layers=1), dict(activation_function="gelu"), older=True,
                          hub=dict(tie_word_embeddings=None, is_encoder_decoder=True), lengths=(1, 19)),

    "deepseek_v3": Case("deepseek_v3", dict(DEEPSEEK, attention_bias=True), dict(topk_group=1), lengths=(1, 7, 23, 71)),
    "deepseek_v3-yarn-older": Case("deepseek_v3", dict(DEEPSEEK, q_lora_rank=None, rope_interleave=False, **DEEPSEEK_YARN), PLAIN_ROPE, older=True),
    "deepseek_v2": Case("deepseek_v2", dict(DEEPSEEK, topk_method="group_limited_greedy", topk_group=1), dict(topk_method="greedy")),
    "deepseek_v2-yarn-older": Case("deepseek_v2", dict(DEEPSEEK, q_lora_rank=None, n_group=None, topk_group=None, **DEEPSEEK_YARN), PLAIN_ROPE, older=True),
    "mamba2": Case("mamba2", dict(time_step_limit=(0.1, 0.9)), dict(time_step_limit=(0.1, 5.0)), lengths=(1, 3, 7, 23)),
    "mamba2-biases-older": Case("mamba2", dict(use_bias=True, use_conv_bias=False, conv_kernel=3, n_groups=1, time_step_limit=(0.6, float("inf")),
                                               tie_word_embeddings=True), dict(time_step_limit=(0.0, float("inf"))), older=True,
                                hub=dict(time_step_limit=[0.6, float("inf")])),
    "bamba": Case("bamba", rope("default", partial_rotary_factor=0.5), rope("default", partial_rotary_factor=1.0)),
    "bamba-biases-older": Case("bamba", dict(mamba_proj_bias=True, mamba_conv_bias=False, mamba_d_conv=3, attention_bias=True, mlp_bias=True,
                                             time_step_limit=(0.5, 2.0), mamba_d_head=8, **rope("default", partial_rotary_factor=0.5)),
                               dict(time_step_limit=(0.0, 2.0)), older=True, hub=dict(partial_rotary_factor=None)),
    "falcon_h1": Case("falcon_h1", dict(FALCON_H1, **PLAIN_ROPE), dict(ssm_multipliers=[0.5, 0.9, 1.1, 1.2, 0.6])),
    "falcon_h1-norm": Case("falcon_h1", dict(FALCON_H1, mamba_rms_norm=True, mamba_norm_before_gate=True, mamba_proj_bias=True, mlp_bias=True,
                                             attention_bias=True, projectors_bias=True, mamba_d_ssm=None, **PLAIN_ROPE),
                           dict(mamba_norm_before_gate=False)),
    "falcon_h1-norm-older": Case("falcon_h1", dict(mamba_rms_norm=True, mamba_norm_before_gate=False, mamba_n_groups=1, num_hidden_layers=1, **PLAIN_ROPE),
                                 dict(mamba_norm_before_gate=True), older=True),
    "granitemoehybrid": Case("granitemoehybrid", dict(MULTIPLIERS, num_hidden_layers=2, layer_types=["full_attention", "linear_attention"]),
                             dict(position_embedding_type="rope")),
    "granitemoehybrid-dense-older": Case("granitemoehybrid", dict(MULTIPLIERS, num_local_experts=0, position_embedding_type="rope",
                                                                  tie_word_embeddings=True, **PLAIN_ROPE), dict(position_embedding_type=None),
                                         older=True, hub=dict(layer_types=["mamba", "attention", "mamba"])),
    "nemotron_h": Case("nemotron_h", dict(NEMOTRON_H, layers_block_type=["linear_attention", "full_attention", "moe", "linear_attention"]),
                       dict(topk_group=2)),
    "nemotron_h-biases-older": Case("nemotron_h", dict(mlp_bias=True, use_bias=True, attention_bias=True, conv_kernel=3, use_conv_bias=False,
                                                       time_step_min=0.6), dict(time_step_min=0.001), older=True,
                                    hub=dict(layers_block_type=None, hybrid_override_pattern="M*-M")),
    "jamba": Case("jamba"),
    "jamba-dense-older": Case("jamba", dict(num_experts=1, mamba_conv_bias=False, mamba_proj_bias=True, mamba_dt_rank="auto",
                                            attn_layer_period=2, attn_layer_offset=0), older=True),
    "lfm2": Case("lfm2", dict(block_ffn_dim_multiplier=1.3, **PLAIN_ROPE), rope("default", 10000.0), lengths=(1, 2, 7, 23)),
    "lfm2-biases-older": Case("lfm2", dict(conv_bias=True, conv_L_cache=4, block_auto_adjust_ff_dim=False, tie_word_embeddings=False, **PLAIN_ROPE),
                              rope("default", 10000.0), older=True,
                              hub=dict(full_attn_idxs=[1], block_ff_dim=30, intermediate_size=None, tie_embedding=False, tie_word_embeddings=None)),
    "recurrent_gemma": Case("recurrent_gemma", dict(logits_soft_cap=3.0, **HALF_ROTARY), dict(attention_window_size=40)),
    "recurrent_gemma-older": Case("recurrent_gemma", dict(block_types=["attention", "recurrent"], num_key_value_heads=None, lru_width=None,
                                                          attention_bias=True, conv1d_width=3, **HALF_ROTARY), dict(logits_soft_cap=3.0),
                                  older=True, hub=dict(num_key_value_heads=None, partial_rotary_factor=0.5, lru_width=None)),
    "zamba": Case("zamba"),
    "zamba-biases-older": Case("zamba", dict(mamba_proj_bias=True, mamba_conv_bias=False, num_hidden_layers=3, n_mamba_heads=1, mamba_dt_rank="auto",
                                             layers_block_type=["hybrid", "linear_attention", "hybrid"]), older=True,
                               hub=dict(layers_block_type=["hybrid", "mamba", "hybrid"])),
    "zamba2": Case("zamba2", dict(num_key_value_heads=2, use_mem_rope=True, use_shared_attention_adapter=True, time_step_min=0.6, num_hidden_layers=2,
                                  layers_block_type=["hybrid"] * 2, **PLAIN_ROPE), dict(use_mem_rope=False)),
    "zamba2-biases-older": Case("zamba2", dict(add_bias_linear=True, num_mem_blocks=1), dict(time_step_min=0.9), older=True,
                                hub=dict(layers_block_type=["hybrid", "mamba", "hybrid"])),
    "qwen3_next": Case("qwen3_next", HALF_ROTARY, dict(norm_topk_prob=False), lengths=(1, 3, 7, 23)),
    "qwen3_next-dense-older": Case("qwen3_next", dict(num_experts=0, attention_bias=True, linear_conv_kernel_dim=3, linear_num_key_heads=4,
                                                      **HALF_ROTARY),
                                   rope("default", partial_rotary_factor=1.0), older=True, hub=dict(full_attention_interval=2)),
    "olmo_hybrid": Case("olmo_hybrid", dict(rope_parameters=dict(rope_type="default", rope_theta=None)), dict(linear_allow_neg_eigval=False),
                        rename=named_as_by_olmo, lengths=(1, 3, 7, 23)),
    "olmo_hybrid-rotary-older": Case("olmo_hybrid", dict(attention_bias=True, linear_conv_kernel_dim=3, linear_num_key_heads=4,
                                                         linear_allow_neg_eigval=False, **PLAIN_ROPE), dict(linear_allow_neg_eigval=True), older=True,
                                     rename=separate_convolutions,
                                     hub=dict(layer_types=["linear_attention", "full_attention"])),
    "minimax": Case("minimax", dict(MINIMAX, **PLAIN_ROPE), dict(linear_attn_alpha_factor=1.0), lengths=(1, 3, 7, 23)),
    "minimax-older": Case("minimax", dict(MINIMAX, layer_types=["full_attention", "linear_attention"], **PLAIN_ROPE),
                          dict(mlp_beta_factor=1.0), older=True),
    "rwkv": Case("rwkv", lengths=(1, 2, 7, 23)),
    "rwkv-tied-older": Case("rwkv", dict(tie_word_embeddings=True, attention_hidden_size=None, intermediate_size=None, hidden_size=16), older=True,
                            hub=dict(attention_hidden_size=None, intermediate_size=None)),
    "xlstm": Case("xlstm", dict(), dict(gate_soft_cap=30.0), lengths=(1, 3, 7, 23)),
    "xlstm-fused-older": Case("xlstm", dict(eps=0.05), dict(output_logit_soft_cap=30.0), older=True, lengths=(1, 7, 29), rename=fused_xlstm, reload=False, hub=dict(weight_mode="fused")),
    "kimi_linear": Case("kimi_linear", dict(), dict(topk_group=2), lengths=(1, 3, 7, 23)),
    "kimi_linear-older": Case("kimi_linear", dict(KIMI_LINEAR_OLDER, q_lora_rank=5), dict(routed_scaling_factor=1.0), older=True,
                              hub=dict(linear_attn_config=dict(full_attn_layers=[1], kda_layers=[2], head_dim=6, num_heads=3, short_conv_kernel_size=3),
                                       linear_head_dim=None, linear_num_heads=None, linear_conv_kernel_dim=None, mlp_layer_types=None,
                                       first_k_dense_replace=1, moe_router_activation_func="sigmoid", rope_theta=10000.0, rope_scaling=None)),

    "gguf-llama-f32": Case("llama", gguf="F32"),
    "gguf-llama-f16": Case("llama", dict(tie_word_embeddings=True, vocab_size=131), gguf="F16", vocabulary=True),
    "gguf-llama-bf16": Case("llama", dict(attention_bias=True, head_dim=8), gguf="BF16"),
    "gguf-llama-rope-linear": Case("llama", dict(WIDE_HEADS, **rope("linear", factor=4.0)), PLAIN_ROPE, gguf="F16"),
    "gguf-llama-rope-yarn": Case("llama", dict(WIDE_HEADS, **YARN), PLAIN_ROPE, gguf="F16"),
    "gguf-llama-rope-llama3": Case("llama", dict(WIDE_HEADS, **LLAMA3), PLAIN_ROPE, gguf="F16"),
    "gguf-llama-q8_0": Case("llama", BLOCKS, gguf="Q8_0", gap=0.02),
    "gguf-llama-q5_0": Case("llama", BLOCKS, gguf="Q5_0", gap=0.02),
    "gguf-llama-q5_1": Case("llama", BLOCKS, gguf="Q5_1", gap=0.02),
    "gguf-llama-q4_0": Case("llama", BLOCKS, gguf="Q4_0", gap=0.02),
    "gguf-llama-q4_1": Case("llama", BLOCKS, gguf="Q4_1", gap=0.02),
    "gguf-llama-mixture": Case("llama", dict(BLOCKS, tie_word_embeddings=True), gguf=a_mixture, gap=0.02),
    "gguf-llama-q4_k_m": Case("llama", dict(SUPER, tie_word_embeddings=True), gguf="Q4_K_M", gap=0.02),
    "gguf-llama-q5_k_m": Case("llama", dict(SUPER, tie_word_embeddings=True), gguf="Q5_K_M", gap=0.02),
    "gguf-llama-q6_k": Case("llama", dict(SUPER, tie_word_embeddings=True), gguf="Q6_K", gap=0.02),
    "gguf-llama-iq4_nl": Case("llama", dict(SUPER, tie_word_embeddings=True), gguf="IQ4_NL", gap=0.02),
    "gguf-gpt2-f16": Case("gpt2", gguf="F16"),
    "gguf-qwen2-f16": Case("qwen2", gguf="F16"),
    "gguf-qwen3-f16": Case("qwen3", dict(head_dim=8), gguf="F16"),
    "gguf-smollm3-f16": Case("smollm3", dict(SMALL, num_hidden_layers=5, tie_word_embeddings=True), gguf="F16"),
    "gguf-olmo2-f16": Case("olmo2", gguf="F16"),
    "gguf-granite-f16": Case("granite", MULTIPLIERS, dict(attention_multiplier=1.0), gguf="F16"),
    "gguf-phi3-f16": Case("phi3", dict(PHI3, **rope("default", partial_rotary_factor=0.5)), gguf="F16"),
    "gguf-phi3-longrope-f16": Case("phi3", dict(WIDE_HEADS, **LONGROPE), PLAIN_ROPE, lengths=(29,), gguf="F16"),
    "gguf-stablelm-f16": Case("stablelm", STABLELM | rope("default", 10000.0, partial_rotary_factor=0.5), gguf="F16"),
    "gguf-stablelm-parallel-f16": Case("stablelm", STABLELM | dict(qk_layernorm=True, use_parallel_residual=True)
                                       | rope("default", 10000.0, partial_rotary_factor=0.5), gguf="F16"),
    "gguf-gemma-f16": Case("gemma", dict(GEMMA, **rope("default", 10000.0)), gguf="F16"),
    "gguf-gemma2-f16": Case("gemma2", GEMMA2 | dict(query_pre_attn_scalar=8) | rope("default", 10000.0), gguf="F16"),
    "gguf-gemma3-f16": Case("gemma3_text", GEMMA3 | dict(num_hidden_layers=7, query_pre_attn_scalar=8), gguf="F16"),
    "gguf-gemma3n-f16": Case("gemma3n_text", GGUF_GEMMA3N, dict(activation_sparsity_pattern=[0.0] * 5), gguf="F16",
                             unlike_llama_cpp="it has the sizes and sparsities of the released models in its code, and divides a variance by n - 1"),
    "gguf-mixtral-f16": Case("mixtral", TINY_MOE, dict(num_experts_per_tok=1), gguf="F16"),
    "gguf-mixtral-q4_0": Case("mixtral", dict(BLOCKS_MOE, num_local_experts=4), dict(num_experts_per_tok=1), gguf="Q4_0", gap=0.02),
    "gguf-qwen2_moe-f16": Case("qwen2_moe", dict(TINY, **QWEN_MOE), dict(norm_topk_prob=True), gguf="F16"),
    "gguf-qwen2_moe-experts-q8_0": Case("qwen2_moe", dict(BLOCKS_MOE, hidden_size=32, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=32,
                                                          shared_expert_intermediate_size=20), dict(norm_topk_prob=True), gguf=experts_q8_0, gap=0.02),
    "gguf-qwen3_moe-f16": Case("qwen3_moe", dict(TINY, head_dim=8, norm_topk_prob=True, **QWEN_MOE), dict(norm_topk_prob=False), gguf="F16"),
    "gguf-olmoe-f16": Case("olmoe", dict(TINY, num_key_value_heads=4, num_experts=5, num_experts_per_tok=2), dict(norm_topk_prob=True), gguf="F16"),
    "gguf-granitemoe-f16": Case("granitemoe", dict(TINY_MOE, **MULTIPLIERS), dict(num_experts_per_tok=1), gguf="F16"),
    "gguf-phimoe-f16": Case("phimoe", dict(TINY_MOE, attention_bias=True, lm_head_bias=True, original_max_position_embeddings=128),
                            dict(router_jitter_noise=0.2), gguf="F16",
                            unlike_llama_cpp="it takes RMS norms for the layer norms, and weighs experts by their softmax"),
    "gguf-dots1-f16": Case("dots1", dict(TINY, **DOTS1) | dict(num_key_value_heads=4), dict(topk_group=2), gguf="F16"),
    "gguf-ernie4_5_moe-f16": Case("ernie4_5_moe", dict(TINY, intermediate_size=48, moe_num_experts=5, moe_k=2, moe_intermediate_size=12,
                                                       moe_num_shared_experts=2, moe_layer_start_index=1, moe_layer_interval=1),
                                  dict(moe_k=1), gguf="F16"),
    "gguf-hunyuan_moe-f16": Case("hunyuan_v1_moe", dict(TINY, num_experts=5, moe_topk=2, head_dim=6), dict(moe_topk=1), gguf="F16"),
    "gguf-starcoder2-f16": Case("starcoder2", dict(TINY, sliding_window=None), gguf="F16"),
    "gguf-gpt-neox-f16": Case("gpt_neox", HALF_OF_10000, rope("default", 10000.0, partial_rotary_factor=1.0), gguf="F16"),
    "gguf-gpt-neox-sequential-f16": Case("gpt_neox", dict(HALF_OF_10000, use_parallel_residual=False), dict(use_parallel_residual=True), gguf="F16"),
    "gguf-phi-f16": Case("phi", dict(PHI, intermediate_size=96, num_key_value_heads=6, **HALF_OF_10000),
                         rope("default", 10000.0, partial_rotary_factor=1.0), gguf="F16"),
    "gguf-gpt-bigcode-f16": Case("gpt_bigcode", dict(), dict(scale_attn_weights=False), gguf="F16"),
    "gguf-bloom-f16": Case("bloom", gguf="F16"),
    "gguf-mpt-f16": Case("mpt", gguf="F16"),
    "gguf-mpt-clipped-f16": Case("mpt", dict(attn_config=dict(clip_qkv=0.9, alibi_bias_max=16)),
                                 dict(attn_config=dict(clip_qkv=0.9, alibi_bias_max=8)), gguf="F16"),
    "gguf-falcon-f16": Case("falcon", FALCON, PLAIN_ROPE, gguf="F16"),
    "gguf-falcon-grouped-f16": Case("falcon", dict(FALCON, new_decoder_architecture=True, num_kv_heads=2), PLAIN_ROPE, gguf="F16"),
    "gguf-falcon-grouped-one-norm-f16": Case("falcon", dict(FALCON, new_decoder_architecture=True, num_kv_heads=3, num_ln_in_parallel_attn=1),
                                             PLAIN_ROPE, gguf="F16"),
    "gguf-olmo-f16": Case("olmo", dict(TINY, clip_qkv=0.9), dict(clip_qkv=None), gguf="F16"),
    "gguf-olmo3-f16": Case("olmo3", dict(DEEP, sliding_window=5, rope_parameters=OLMO3_HUB_ROPE), dict(sliding_window=9), gguf="F16"),
    "gguf-cohere-f16": Case("cohere", dict(TINY, logit_scale=0.4, tie_word_embeddings=True), dict(logit_scale=0.3), gguf="F16"),
    "gguf-cohere-norms-f16": Case("cohere", dict(TINY, use_qk_norm=True, logit_scale=0.4, tie_word_embeddings=True), dict(logit_scale=0.3),
                                  gguf="F16", unlike_llama_cpp="it reads norms of queries and keys from 64 layers on"),
    "gguf-cohere2-f16": Case("cohere2", COHERE2, dict(layer_types=["sliding_attention"] * 5), gguf="F16"),
    "gguf-nemotron-f16": Case("nemotron", dict(HEADS8, **HALF_ROTARY), rope("default", partial_rotary_factor=1.0), gguf="F16"),
    "gguf-glm-f16": Case("glm", dict(HEADS8, attention_bias=True, **HALF_ROTARY), rope("default", partial_rotary_factor=1.0), gguf="F16"),
    "gguf-glm4-f16": Case("glm4", dict(HEADS8, attention_bias=True, **HALF_ROTARY), rope("default", partial_rotary_factor=1.0), gguf="F16"),
    "gguf-exaone4-f16": Case("exaone4", dict(TWO_HEADS, sliding_window=None, layer_types=["full_attention"] * 2, **LLAMA3), PLAIN_ROPE,
                             gguf="F16"),
    "gguf-exaone4-window-f16": Case("exaone4", EXAONE4, dict(sliding_window=9), gguf="F16",
                                    unlike_llama_cpp="it has windows with 64 layers alone"),
    "gguf-ernie4_5-f16": Case("ernie4_5", dict(HEADS8, tie_word_embeddings=True), gguf="F16"),
    "gguf-seed_oss-f16": Case("seed_oss", dict(TINY, head_dim=8), gguf="F16"),
    "gguf-arcee-f16": Case("arcee", dict(TWO_HEADS, **YARN), PLAIN_ROPE, gguf="F16"),
    "gguf-apertus-f32": Case("apertus", dict(TWO_HEADS, vocab_size=67, **LLAMA3), PLAIN_ROPE, gguf="F32"),
    "gguf-hunyuan-f16": Case("hunyuan_v1_dense", dict(TWO_HEADS, head_dim=12), gguf="F16"),
    "gguf-ministral3-f16": Case("ministral3", dict(TWO_HEADS, head_dim=12, **MINISTRAL3_ROPE), NO_GROWTH, gguf="F16"),
    "gguf-mamba2-f16": Case("mamba2", gguf="F16", lengths=(1, 3, 7, 23)),
    "gguf-jamba-f16": Case("jamba", gguf="F16", lengths=(1, 3, 7, 23)),
    "gguf-falcon_h1-f16": Case("falcon_h1", dict(FALCON_H1, **PLAIN_ROPE), dict(ssm_multipliers=[0.5, 0.9, 1.1, 1.2, 0.6]), gguf="F16"),
    "gguf-falcon_h1-norm-f16": Case("falcon_h1", dict(mamba_rms_norm=True, mamba_norm_before_gate=False, num_hidden_layers=1, **PLAIN_ROPE),
                                    dict(mamba_norm_before_gate=True), gguf="F16"),
    "gguf-granitemoehybrid-f16": Case("granitemoehybrid", dict(MULTIPLIERS, num_hidden_layers=2, layer_types=["full_attention", "linear_attention"]),
                                      dict(position_embedding_type="rope"), gguf="F16"),
    "gguf-lfm2-f16": Case("lfm2", dict(block_ffn_dim_multiplier=1.3, **PLAIN_ROPE), rope("default", 10000.0), lengths=(1, 2, 7, 23), gguf="F16"),
    "gguf-jais2-f16": Case("jais2", dict(TINY, num_key_value_heads=4), dict(hidden_act="relu"), gguf="F16"),
}


# --- the model and its parameters

def build(case, **changes):
    sizes = SIZES_OF.get(case.family, SIZES)
    config = AutoConfig.for_model(case.family, **json.loads(json.dumps(sizes | case.options | changes)))
    return with_alibi_bias_max(kind_of(config).from_config(config, attn_implementation=case.attention, experts_implementation="eager",
                                                                    dtype=torch.float64).eval())


def stands_alone(config):
    """An encoder without a decoder: nothing is said before its answer, and nothing follows."""
    return config.model_type in ("wav2vec2", "hubert")


def kind_of(config):
    if config.model_type in ("wav2vec2", "hubert"):
        return AutoModelForCTC
    if config.model_type in ("whisper", "moonshine"):
        return AutoModelForSpeechSeq2Seq
    return AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM


def with_alibi_bias_max(model):
    """The reference's function for MPT's biases takes the number, but is called without it."""
    if model.config.model_type == "mpt":
        biases, largest = model.transformer.build_mpt_alibi_tensor, model.config.attn_config.alibi_bias_max
        model.transformer.build_mpt_alibi_tensor = lambda heads, length, device=None: biases(heads, length, largest, device)
    return model


def randomise(model, dtype, adjust=None):
    """Norms about their neutral value, biases far from zero, matrices that keep a row's size; all rounded to dtype."""
    gemma = "gemma" in model.config.model_type
    sinusoidal = model.config.model_type in ("xglm", "ctrl")
    scaled = gemma or sinusoidal and getattr(model.config, "scale_embedding", True)    # by sqrt(hidden)
    for name, p in model.named_parameters():
        if not p.requires_grad:     # sines and cosines
            continue
        noise = torch.randn(p.shape)
        if "norm" in name or ".ln" in name or ".pre_ln" in name:
            value = p.detach().float() + 0.25 * noise
        elif p.dim() == 1:
            value = 0.3 * noise
        elif "correction_bias" in name:       # of probabilities, which it must not outweigh
            value = 0.1 * noise
        elif "embed" in name or ".wte" in name or ".wpe" in name or ".w." in name:
            tied = getattr(model.config, "tie_word_embeddings", False)    # and then it decides the size of the logits
            value = (0.2 if scaled else 2.5 / p.shape[1]**0.5 if tied else 0.7) * noise
        else:
            inputs = p.shape[0] if model.config.model_type == "gpt2" else p.shape[-1]
            value = (2.5 if "lm_head" in name else 1.6) * noise / inputs**0.5
        p.data = value.to(dtype).double()
        if adjust is not None:
            p.data = adjust(name, p.data)
    for name, b in model.named_buffers():
        if "correction_bias" in name or name == "final_logits_bias":    # what experts are chosen by; what is added to logits
            b.copy_((0.3 * torch.randn(b.shape)).to(dtype))
        if name.endswith("layer_scalar"):
            b.copy_((1 + 0.25 * torch.randn(b.shape)).to(dtype))
    if gemma and dtype != torch.float32:      # the reference multiplies by sqrt(hidden) in the weights' own dtype
        for scale in scales_of(model, "embed_scale"):
            scale.copy_(scale.to(dtype))


def scales_of(model, ending="_scale"):
    """Factors of Gemma that are no part of a file."""
    return [b for name, b in model.model.named_buffers() if name.endswith(ending)]


def run_decoder(model, ids):
    """Logits and last hidden state of a decoder that answers to model.source."""
    with torch.no_grad():
        name, source = source_of(model)
        given, ids = {name: torch.from_numpy(source)[None]}, torch.tensor([ids])
        if name == "input_features":
            given[name] = given[name].transpose(1, 2)
        if name != "input_ids":
            given[name] = given[name].double()
        encoded = model.get_encoder()(**given).last_hidden_state
        hidden = model.get_decoder()(input_ids=ids, encoder_hidden_states=encoded, use_cache=False).last_hidden_state
        return model(**given, decoder_input_ids=ids, use_cache=False).logits[0], hidden[0]


def draw_source(model, length, random):
    """Ids for an encoder of text; [frames, features] for one of sound, whose length is the model's, or samples."""
    if model.main_input_name == "input_values":
        fewest = 800 if model.config.is_encoder_decoder else 60
        return random.normal(size=fewest + 70 * length).astype(np.float32).tolist()
    if model.main_input_name == "input_features":
        return random.normal(size=(2 * model.config.max_source_positions, model.config.num_mel_bins)).astype(np.float32).tolist()
    return random.integers(3, model.config.vocab_size, length).tolist()


def source_of(model):
    """The name of what the encoder reads, and the source itself."""
    name = model.main_input_name
    return name, np.array(model.source, np.int64 if name == "input_ids" else np.float32)


def run_encoder(model, source):
    with torch.no_grad():
        given = {model.main_input_name: torch.tensor(source)[None]}
        if model.main_input_name != "input_ids":
            given[model.main_input_name] = given[model.main_input_name].double()
        return model(**given).logits[0], model.base_model(**given).last_hidden_state[0]


def run(model, ids):
    """Logits and last hidden state of one sequence; the latter before a projection to the width of the embedding."""
    if stands_alone(model.config):
        return run_encoder(model, ids)
    if model.config.is_encoder_decoder:
        return run_decoder(model, ids)
    kept = torch.get_default_dtype()
    if model.config.model_type == "xglm":    # masks with the least float64, in a tensor of the default type
        torch.set_default_dtype(torch.float64)
    with torch.no_grad():
        ids = torch.tensor([ids])
        hidden = []
        if (projection := getattr(model.get_decoder(), "project_out", None)) is not None:
            hook = projection.register_forward_pre_hook(lambda _, inputs: hidden.append(inputs[0]))
            model.base_model(ids, use_cache=False)
            hook.remove()
        else:
            hidden.append(model.base_model(ids, use_cache=False).last_hidden_state)
        logits = model(ids, use_cache=False).logits[0]
    torch.set_default_dtype(kept)
    return logits, hidden[0][0]


def greedy(model, ids, least_gap):
    """New tokens and gaps, each step computed from nothing; None as soon as a step is not decided clearly."""
    ids, gaps = list(ids), []
    for _ in range(NEW_TOKENS):
        logits = run(model, ids)[0]
        best = logits[-1].topk(2)
        gaps.append(float(best.values[0] - best.values[1]))
        if gaps[-1] < least_gap * float(logits.abs().max()):
            return None
        ids.append(int(best.indices[0]))
    return ids[-NEW_TOKENS:], gaps


def good_input(model, length, case, random):
    """Ids whose greedy continuation is decided clearly at every step and is not one token over and over."""
    if stands_alone(model.config):
        return draw_source(model, length, random), None
    for attempt in range(2000):
        if model.config.is_encoder_decoder:
            model.source = draw_source(model, length + 4, random)
        ids = random.integers(3, getattr(model.config, "decoder_vocab_size", model.config.vocab_size), length).tolist()
        if length + NEW_TOKENS > case.greedy_up_to:
            return ids, None
        found = greedy(model, ids, case.gap)
        if found and case.family == "m2m_100" and model.config.pad_token_id in found[0]:
            continue    # the reference counts no padding among the positions
        if found and len(set(found[0])) >= (4 if attempt < 200 else 2):
            return ids, found
    raise SystemExit(f"no input of {length} tokens is decided clearly: other weights are needed")


# --- checks

WITHOUT_ROTARY = ("opt", "biogpt", "xglm", "ctrl", "led") + BART_FAMILIES


def distance(a, b):
    """Largest difference relative to the largest value."""
    return float((a.double() - b.double()).abs().max() / a.double().abs().max())


def check_every_parameter_matters(model, ids):
    before = run(model, ids)[0]
    for name, p in model.named_parameters():
        if name.split(".")[-2].endswith("_global"):
            continue    # no token of an LED's source is global
        if name.endswith(("k_proj.bias", "Wk.bias", "self_attn.key.bias")) and model.config.model_type in WITHOUT_ROTARY:
            continue    # what all keys have in common cancels in the softmax
        if name.endswith("encoder_attn.k_proj.bias"):
            continue    # the same
        if stands_alone(model.config) and (name.endswith("k_proj.bias") or name.endswith("masked_spec_embed")):
            continue    # the same; of rows that are hidden in training
        if name.endswith("correct_output_scale") and not model.config.altup_correct_scale:
            continue
        kept = p.data.clone()
        step = 10 if "correction" in name or "expert_bias" in name else 0.1      # what only decides a choice must move far
        p.data += step * torch.randn_like(p) * kept.abs().mean()
        moved = distance(before, run(model, ids)[0])
        p.data = kept
        assert moved > 1e-4, f"{name} moves the logits by {moved:.1e} only"


def check_option_matters(case, model, ids):
    if case.plain:
        other = build(case, **case.plain)
        other.load_state_dict(model.state_dict(), strict=True)
        other.source = getattr(model, "source", None)
        moved = distance(run(model, ids)[0], run(other, ids)[0])
        assert moved > 1e-3, f"{case.plain} moves the logits by {moved:.1e} only"


def check_reload(folder, case, model, expected):
    again = kind_of(model.config).from_pretrained(folder, dtype=torch.float32, attn_implementation=case.attention,
                                                 experts_implementation="eager").double().eval()
    again = with_alibi_bias_max(again)
    if model.config.model_type.startswith("gemma"):
        for scale, own in zip(scales_of(again), scales_of(model)):
            scale.copy_(own)
    for i in range(len([n for n in expected if n.startswith("logits")])):
        if model.config.is_encoder_decoder:
            again.source = expected[f"{source_of(model)[0]}.{i}"].tolist()
        logits = run(again, expected[f"{decoder_inputs(model)}.{i}"].tolist())[0]
        error = distance(torch.from_numpy(expected[f"logits.{i}"]), logits)
        assert error < 2e-6, f"reloaded, case {i} differs by {error:.1e}"


# --- files

def older_spelling(config):
    """config.json as transformers 4 wrote it, and as most files on the hub still are."""
    config["torch_dtype"] = config.pop("dtype")
    for key in ("layer_types", "_sliding_window_pattern"):
        config.pop(key, None)
    rope = config.pop("rope_parameters", None)
    if rope is None:
        return
    if "full_attention" in rope:
        config["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
        rope = rope["full_attention"]
    config["rope_theta"] = rope.pop("rope_theta")
    kind = rope.pop("rope_type")
    if (rotary := rope.pop("partial_rotary_factor", None)) is not None:
        config["partial_rotary_factor"] = rotary
    if "original_max_position_embeddings" in config:
        rope.pop("original_max_position_embeddings", None)
    spelled = "rope_type" if kind == "llama3" or config["model_type"] in ("gemma3_text", "olmo3") else "type"
    config["rope_scaling"] = None if kind == "default" else {spelled: kind, **rope}


def rewrite_config(folder, case):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config.pop("transformers_version", None)
    if case.older:
        older_spelling(config)
    config |= case.hub
    for key in [k for k, v in case.hub.items() if v is None]:
        del config[key]
    if case.within:
        config = dict(model_type=case.within, text_config=config)
    path.write_text(json.dumps(config, indent=2) + "\n")
    if case.family != "llama":      # one genuine generation_config.json is enough
        (folder / "generation_config.json").unlink(missing_ok=True)
    else:
        generation = json.loads((folder / "generation_config.json").read_text())
        generation.pop("transformers_version", None)
        (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")


def save_checkpoint(folder, case, model):
    dtype = getattr(torch, case.dtype)
    stored = build(case).to(dtype)
    if case.family == "rwkv":       # takes back what its first inference divided its weights by
        model.rwkv.train()._rescale_layers()
        model.eval()
    stored.load_state_dict({name: t.to(dtype) for name, t in model.state_dict().items()})
    stored.config.dtype = dtype
    stored.save_pretrained(folder, max_shard_size=case.shard)
    rewrite_config(folder, case)
    if case.rename:
        tensors = case.rename(load_torch(folder / "model.safetensors"))
        save_torch({n: t.contiguous() for n, t in tensors.items()}, folder / "model.safetensors", metadata={"format": "pt"})


def decoder_inputs(model):
    if stands_alone(model.config):
        return model.main_input_name
    return "decoder_input_ids" if model.config.is_encoder_decoder else "input_ids"


def save_outputs(folder, case, model, random):
    inputs, expected = {}, {}
    for i, length in enumerate(case.lengths):
        ids, continuation = good_input(model, length, case, random)
        logits, hidden = run(model, ids)
        inputs[f"{decoder_inputs(model)}.{i}"] = np.array(ids, np.float32 if decoder_inputs(model) == "input_values" else np.int64)
        if model.config.is_encoder_decoder:
            name, source = source_of(model)
            inputs[f"{name}.{i}"] = source
        expected[f"logits.{i}"] = logits.float().numpy()
        expected[f"last_hidden_state.{i}"] = hidden.float().numpy()
        if continuation:
            expected[f"greedy_ids.{i}"] = np.array(continuation[0], np.int64)
            expected[f"greedy_gap.{i}"] = np.array(continuation[1], np.float32)
    expected |= inputs
    save_file(inputs, folder / "in.safetensors")
    save_file(expected, folder / "expected.safetensors")
    return expected


def make(name):
    case = CASES[name]
    folder = HERE / ("encoders" if case.family in ("wav2vec2", "hubert") else "models") / name
    seed = zlib.crc32(name.encode())
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = build(case)
    randomise(model, getattr(torch, case.dtype), case.adjust)
    if case.gguf:
        gguf_files.write(folder / "model.gguf", model, case.gguf, case.vocabulary)
        gguf_files.read_weights(folder / "model.gguf", model)
    else:
        save_checkpoint(folder, case, model)
    expected = save_outputs(folder, case, model, random)
    longest = expected[f"{decoder_inputs(model)}.{len(case.lengths) - 1}"].tolist()
    check_every_parameter_matters(model, longest)
    check_option_matters(case, model, longest)
    if not case.gguf and case.reload:
        check_reload(folder, case, model, expected)
    size = sum(f.stat().st_size for f in folder.iterdir())
    gap = min((float(v.min()) for n, v in expected.items() if n.startswith("greedy_gap")), default=0)
    scale = max(float(abs(v).max()) for n, v in expected.items() if n.startswith("logits"))
    print(f"{name:28} {size:8} bytes   largest logit {scale:6.2f}   least greedy gap {gap:.4f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--llama-cpp", action="store_true", help="compare the GGUF files that are there with llama.cpp; make nothing")
    arguments = parser.parse_args()
    names = arguments.cases or list(CASES)
    if unknown := [n for n in names if n not in CASES]:
        sys.exit(f"no such case: {' '.join(unknown)}")
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    for name in names:
        if arguments.list:
            print(name)
        elif not arguments.llama_cpp:
            make(name)
        elif CASES[name].unlike_llama_cpp:
            print(f"{name:28} left out: {CASES[name].unlike_llama_cpp}")
        elif CASES[name].gguf:
            gguf_files.compare_with_llama_cpp(HERE / "models" / name)


if __name__ == "__main__":
    main()
