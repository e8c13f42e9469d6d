"""Writes a transformers model as a GGUF file the way llama.cpp's converter does, reads its weights back, and runs it in
llama.cpp. Used by models.py.

What the converter does to the weights, which it takes under the names of the hub: rows of q and k are permuted where
llama.cpp rotates neighbouring pairs although the model rotates halves (PERMUTED), what query_key_value holds by heads is
sorted into all queries, all keys, all values (SORTED), gemma's and nemotron's norms carry their + 1, gpt2's matrices are
transposed to [outputs, inputs], experts, stablelm's norms per head and the maps of gemma3n's streams are stacked, granitemoe's input_linear is cut into
gate and up, glm's first releases have queries, keys and values in one, the constants of apertus' activation are metadata; vectors and routers stay float32.
"""
import ctypes, math, re, tempfile

import gguf, numpy as np, torch
from safetensors.numpy import load_file
from safetensors.torch import save_file as save_torch
from transformers import AutoModelForCausalLM
from transformers.core_model_loading import revert_weight_conversion

ARCHITECTURES = dict(gpt2="GPT2", llama="LLAMA", mistral="LLAMA", qwen2="QWEN2", qwen3="QWEN3", smollm3="SMOLLM3", olmo2="OLMO2",
                     granite="GRANITE", phi3="PHI3", stablelm="STABLELM", gemma="GEMMA", gemma2="GEMMA2", gemma3_text="GEMMA3", gemma3n_text="GEMMA3N",
                     mixtral="LLAMA", qwen2_moe="QWEN2MOE", qwen3_moe="QWEN3MOE", olmoe="OLMOE", phimoe="PHIMOE", granitemoe="GRANITE_MOE",
                     dots1="DOTS1", ernie4_5="ERNIE4_5", ernie4_5_moe="ERNIE4_5_MOE", hunyuan_v1_dense="HUNYUAN_DENSE",
                     hunyuan_v1_moe="HUNYUAN_MOE", gpt_neox="GPTNEOX", phi="PHI2", gpt_bigcode="STARCODER", starcoder2="STARCODER2",
                     bloom="BLOOM", mpt="MPT", falcon="FALCON", olmo="OLMO", olmo3="OLMO2", cohere="COMMAND_R", cohere2="COHERE2",
                     nemotron="NEMOTRON", glm="CHATGLM", glm4="GLM4", exaone4="EXAONE4", seed_oss="SEED_OSS", arcee="ARCEE",
                     apertus="APERTUS", jais2="JAIS2", ministral3="MISTRAL3",
                     mamba2="MAMBA2", jamba="JAMBA", falcon_h1="FALCON_H1", granitemoehybrid="GRANITE_HYBRID", lfm2="LFM2")
QUANTISED_BY_LLAMA_CPP = dict(Q4_K_M=15, Q5_K_M=17, Q6_K=18, IQ4_NL=25)     # its file types
PERMUTED = ("llama", "mistral", "granite", "smollm3", "mixtral", "granitemoe", "granitemoehybrid", "olmo", "arcee", "ministral3")
SORTED = ("gpt_neox", "bloom", "falcon")
MIXED = ("jamba", "granitemoehybrid", "lfm2")     # of layers with attention and without
MAMBA2 = ("mamba2", "falcon_h1", "granitemoehybrid")
WITH_ONE = ("gemma", "gemma2", "gemma3_text", "nemotron")


# --- names and layouts

def architecture(config):
    return getattr(gguf.MODEL_ARCH, ARCHITECTURES[config.model_type])


def hub_tensors(model):
    """The tensors of the model as its checkpoint has them."""
    return {name: t.float().numpy() for name, t in revert_weight_conversion(model, model.state_dict()).items()
            if not (name == "lm_head.weight" and model.config.tie_word_embeddings)}


GATE_UP = ("block_sparse_moe.input_linear", ("block_sparse_moe.experts.w1", "block_sparse_moe.experts.w3"), 1)
SHARED = ("shared_mlp.input_linear", ("mlp.shared_mlp.gate_proj", "mlp.shared_mlp.up_proj"), 0)
QKV = ("self_attention.query_key_value", tuple(f"self_attn.{part}_proj" for part in "qkv"), 0)


def as_converted(config, tensors):
    """granitemoe's gates and ups of all experts in two tensors; glm's queries, keys and values in one, as its first
    releases have them."""
    if config.model_type.startswith("granitemoe"):
        return cut(cut(tensors, *GATE_UP), *SHARED)
    return join(tensors, *QKV) if config.model_type == "glm" else tensors


def as_on_hub(config, tensors):
    if config.model_type.startswith("granitemoe"):
        return join(join(tensors, *GATE_UP), *SHARED)
    if config.model_type == "glm":
        rows = [heads * config.head_dim for heads in (config.num_attention_heads, config.num_key_value_heads)]
        return cut(tensors, *QKV, [rows[0], rows[0] + rows[1]])
    return tensors


def cut(tensors, whole, parts, axis, places=2):
    found = {}
    for name, array in tensors.items():
        if whole in name:
            found |= {name.replace(whole, part): piece for part, piece in zip(parts, np.split(array, places, axis))}
        else:
            found[name] = array
    return found


def join(tensors, whole, parts, axis):
    found = {}
    for name, array in tensors.items():
        if parts[0] in name:
            found[name.replace(parts[0], whole)] = np.concatenate([tensors[name.replace(parts[0], part)] for part in parts], axis)
        elif not any(part in name for part in parts):
            found[name] = array
    return found


def groups(config, parts):
    """GGUF's name → the names of what it holds: one tensor, or those of all heads or experts."""
    names = gguf.get_tensor_name_map(architecture(config), config.num_hidden_layers)
    found = {}
    for name in parts:
        if ".act_fn." in name:
            continue
        whole = re.sub(r"\.norms\.\d+", "", name)
        whole = whole.replace("model.layers.", "encoder.layers.") if QKV[0] in whole and config.model_type == "glm" else whole
        whole = whole.removeprefix("transformer.") if config.model_type == "bloom" else whole
        whole = re.sub(r"\.experts\.\d+", ".experts", whole)
        whole = whole.replace("feed_forward.experts", "mlp.experts")
        whole = whole.replace(".dt_bias", ".dt_proj.bias")
        whole = re.sub(r"(\.altup_\w+)\.\d+", r"\1", whole)
        whole += ".weight" if whole.endswith("_scale") else ""
        whole = whole.replace("e_score_correction_bias", "e_score_correction.bias")
        found.setdefault(names.get_name(whole, try_suffixes=(".weight", ".bias")), []).append(name)
    return found


def row_order(config, name, rows):
    """Row r in the file is row order[r] of the model's: of a permuted q or k, [heads, 2, half] → [heads, half, 2]; of a
    sorted query_key_value, [key heads, queries that share it + 2, head] → queries, keys, values."""
    if config.model_type in SORTED and "query_key_value" in name:
        by_head = np.arange(rows).reshape(key_heads(config), -1, config.hidden_size // config.num_attention_heads)
        return np.concatenate([part.reshape(-1) for part in (by_head[:, :-2], by_head[:, -2], by_head[:, -1])])
    if config.model_type not in PERMUTED or not re.search(r"\.[qk]_proj\.", name):
        return np.arange(rows)
    heads = config.num_attention_heads if ".q_proj." in name else config.num_key_value_heads
    return np.arange(rows).reshape(heads, 2, -1).swapaxes(1, 2).reshape(-1)


def reshaped(config, name, array):
    """As the converter has what belongs to state spaces and short convolutions."""
    if name.endswith(("conv1d.weight", "conv.conv.weight")):
        return array.squeeze(1)
    if config.model_type in MAMBA2 and name.endswith((".A_log", ".D")):
        return array[:, None]
    if config.model_type in MAMBA2 and name.endswith((".mixer.norm.weight", ".mamba.norm.weight")):
        return array.reshape(getattr(config, "n_groups", None) or config.mamba_n_groups, -1)
    return array


def factors(c, name):
    """What falcon_h1's tensors are multiplied by, so that nothing else has to be."""
    if c.model_type != "falcon_h1":
        return np.float32(1)
    of_rows = np.repeat(c.ssm_multipliers, [c.mamba_d_ssm] * 2 + [c.mamba_n_groups * c.mamba_d_state] * 2 + [c.mamba_n_heads])
    all_of = {"down_proj": c.mlp_multipliers[1], "gate_proj": c.mlp_multipliers[0], "k_proj": c.key_multiplier * c.attention_in_multiplier,
              "q_proj": c.attention_in_multiplier, "v_proj": c.attention_in_multiplier, "o_proj": c.attention_out_multiplier,
              "out_proj": c.ssm_out_multiplier, "in_proj": c.ssm_in_multiplier * of_rows[:, None], "lm_head": c.lm_head_multiplier,
              "embed_tokens": c.embedding_multiplier}
    return np.float32(all_of.get(name.split(".")[-2], 1))


def shift(config, name):
    return np.float32(1 if config.model_type in WITH_ONE and name.endswith("norm.weight") else 0)


def transposed(config, name):
    return config.model_type == "gpt2" and name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))


def to_file(config, names, arrays):
    if len(names) > 1:
        return np.stack(arrays)
    array = arrays[0].T if transposed(config, names[0]) else reshaped(config, names[0], arrays[0])
    array = array * factors(config, names[0])
    array = -np.exp(array) if names[0].endswith(".A_log") else array
    return np.ascontiguousarray(array[row_order(config, names[0], len(array))] + shift(config, names[0]))


def from_file(config, names, array, shape):
    """shape: of the model's tensor, where the file has one for it."""
    if len(names) > 1:
        return list(array)
    plain = np.empty_like(array)
    plain[row_order(config, names[0], len(array))] = array - shift(config, names[0])
    plain = plain / factors(config, names[0])
    plain = np.log(-plain) if names[0].endswith(".A_log") else plain
    return [plain.T if transposed(config, names[0]) else plain.reshape(shape)]


# --- metadata

FEED_FORWARD_OF_FOUR = ("gpt2", "bloom", "falcon", "gpt_bigcode", "mpt", "phi")     # times the width, whatever the model says
WITHOUT_KEY_HEADS = ("gpt2", "gpt_neox", "mpt")
LAYER_NORMS = dict(gpt2="layer_norm_epsilon", stablelm="layer_norm_eps", bloom="layer_norm_epsilon", falcon="layer_norm_epsilon",
                   gpt_neox="layer_norm_eps", gpt_bigcode="layer_norm_epsilon", starcoder2="norm_epsilon", mpt="layer_norm_epsilon",
                   cohere="layer_norm_eps", cohere2="layer_norm_eps", phi="layer_norm_eps", nemotron="norm_eps", jais2="layer_norm_eps")
WITHOUT_THETA = ("gpt2", "gemma", "gemma2", "stablelm", "bloom", "falcon", "gpt_neox", "gpt_bigcode", "mpt", "phi", "jamba", "granitemoehybrid")
WITHOUT_HEAD_DIM = ("granitemoehybrid", "granite", "granitemoe", "bloom", "falcon", "gpt_neox", "gpt_bigcode", "mpt", "phi", "phimoe", "glm")
ROTARY_DIM = ("llama", "mistral", "granite", "smollm3", "phi3", "stablelm", "mixtral", "granitemoe", "arcee", "apertus", "gpt_neox", "phi",
              "nemotron", "glm", "glm4", "cohere2", "phimoe", "jais2", "ministral3")


def key_heads(c):
    if c.model_type == "falcon":
        return c.num_kv_heads if c.new_decoder_architecture else 1 if c.multi_query else c.num_attention_heads
    return 1 if c.model_type == "gpt_bigcode" else getattr(c, "num_key_value_heads", c.num_attention_heads)


def context(c):
    return next((getattr(c, key) for key in ("max_position_embeddings", "max_seq_len", "seq_length") if hasattr(c, key)), c.hidden_size)


def head_size(c):
    return getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads


def feed_forward(c):
    if c.model_type == "lfm2" and c.block_auto_adjust_ff_dim:
        width = int(c.block_ffn_dim_multiplier * int(2 * c.intermediate_size / 3))
        return -(width // -c.block_multiple_of) * c.block_multiple_of
    return 4 * c.hidden_size if c.model_type in FEED_FORWARD_OF_FOUR else c.intermediate_size


def write_mamba2(out, c):
    """All that a model of state spaces alone has."""
    out.add_block_count(c.num_hidden_layers)
    out.add_context_length(1 << 20)
    out.add_embedding_length(c.hidden_size)
    out.add_feed_forward_length(0)
    out.add_head_count(0)
    out.add_layer_norm_rms_eps(c.layer_norm_epsilon)
    write_state_space(out, c.conv_kernel, c.num_heads * c.head_dim, c.state_size, c.num_heads, c.n_groups)
    return {}


def write_state_space(out, taps, inner, states, rank, state_groups=None):
    out.add_ssm_conv_kernel(taps)
    out.add_ssm_inner_size(inner)
    out.add_ssm_state_size(states)
    out.add_ssm_time_step_rank(rank)
    if state_groups is not None:
        out.add_ssm_group_count(state_groups)


def write_sizes(out, c):
    if c.model_type == "mamba2":
        return write_mamba2(out, c)
    rope = getattr(c, "rope_parameters", None) or {}
    rope = rope.get("full_attention", rope)
    heads = c.num_attention_heads
    out.add_block_count(c.num_hidden_layers)
    out.add_context_length(2048 if c.model_type == "falcon" else context(c))
    out.add_embedding_length(c.hidden_size)
    out.add_feed_forward_length(feed_forward(c))
    out.add_head_count(heads)
    if c.model_type in MIXED:
        out.add_head_count_kv([key_heads(c) if kind == "full_attention" else 0 for kind in c.layer_types])
    elif c.model_type not in WITHOUT_KEY_HEADS:
        out.add_head_count_kv(key_heads(c))
    if c.model_type == "olmo":
        out.add_layer_norm_eps(1e-5)
    elif c.model_type in LAYER_NORMS:
        out.add_layer_norm_eps(getattr(c, LAYER_NORMS[c.model_type]))
    else:
        out.add_layer_norm_rms_eps(c.norm_eps if c.model_type == "lfm2" else c.rms_norm_eps)
    if c.model_type not in WITHOUT_THETA:
        out.add_rope_freq_base(rope["rope_theta"])
    if getattr(c, "head_dim", None) is not None and c.model_type not in WITHOUT_HEAD_DIM:
        out.add_key_length(c.head_dim)
        out.add_value_length(c.head_dim)
    if c.model_type in ROTARY_DIM:
        out.add_rope_dimension_count(int(head_size(c) * rope.get("partial_rotary_factor", 1.0)))
    return rope


def write_experts(out, c):
    """What the converter's base writes of any mixture, then what it adds for some."""
    names = dict(expert_count=("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"),
                 expert_used_count=("num_experts_per_tok", "moe_k", "moe_topk"), expert_group_count=("n_group",),
                 expert_group_used_count=("topk_group",))
    for name, keys in names.items():
        if (value := next((getattr(c, key) for key in keys if getattr(c, key, None) is not None), None)) is not None:
            getattr(out, f"add_{name}")(value)
    if c.model_type in ("qwen2_moe", "qwen3_moe", "dots1", "ernie4_5_moe"):
        out.add_expert_feed_forward_length(c.moe_intermediate_size)
    if c.model_type == "qwen2_moe":
        out.add_expert_shared_feed_forward_length(c.shared_expert_intermediate_size)
    if c.model_type == "hunyuan_v1_moe":
        out.add_expert_shared_feed_forward_length(c.intermediate_size)
        out.add_expert_feed_forward_length(c.intermediate_size)
        out.add_expert_shared_count(1)
    if c.model_type == "dots1":
        out.add_leading_dense_block_count(c.first_k_dense_replace)
        out.add_expert_shared_count(c.n_shared_experts)
        out.add_expert_weights_scale(c.routed_scaling_factor)
        out.add_expert_weights_norm(c.norm_topk_prob)
        out.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
    if c.model_type == "ernie4_5_moe":
        out.add_interleave_moe_layer_step(c.moe_layer_interval)
        out.add_leading_dense_block_count(c.moe_layer_start_index)
        out.add_expert_shared_count(c.moe_num_shared_experts)
        out.add_expert_shared_feed_forward_length(c.intermediate_size // c.num_key_value_heads)


def write_scaling(out, c, rope):
    """Returns extra tensors. llama3's factors are a tensor, so are longrope's; linear and yarn are keys."""
    kind = rope.get("rope_type", "default")
    if kind == "linear":
        out.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        out.add_rope_scaling_factor(rope["factor"])
    elif kind == "yarn":
        out.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        out.add_rope_scaling_factor(rope["factor"])
        out.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    elif c.model_type in ("cohere", "cohere2", "nemotron", "hunyuan_v1_dense"):
        out.add_rope_scaling_type(gguf.RopeScalingType.NONE)
    elif kind == "llama3":
        return {"rope_freqs.weight": llama3_factors(c, rope)}
    if c.model_type in ("phi3", "phimoe"):
        out.add_rope_scaling_orig_ctx_len(c.original_max_position_embeddings)
        out.add_sliding_window(c.sliding_window or 0)
    if kind == "longrope":
        scale = c.max_position_embeddings / c.original_max_position_embeddings
        out.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(scale) / math.log(c.original_max_position_embeddings)))
        return {f"rope_factors_{w}.weight": np.array(rope[f"{w}_factor"], np.float32) for w in ("long", "short")}
    return {}


def llama3_factors(c, rope):
    factor, low, high = rope["factor"], rope["low_freq_factor"], rope["high_freq_factor"]
    old = rope["original_max_position_embeddings"]
    factors, size = [], head_size(c)
    for i in range(0, size, 2):
        turns = old / (2 * math.pi * rope["rope_theta"] ** (i / size))       # within the old context
        smooth = (turns - low) / (high - low)
        factors.append(1 if turns > high else factor if turns < low else 1 / ((1 - smooth) / factor + smooth))
    return np.array(factors, np.float32)


def write_family(out, c):
    if c.model_type in ("granite", "granitemoe", "granitemoehybrid"):
        out.add_attention_scale(c.attention_multiplier)
        out.add_embedding_scale(c.embedding_multiplier)
        out.add_residual_scale(c.residual_multiplier)
        out.add_logit_scale(c.logits_scaling)
    if c.model_type == "gemma2":
        out.add_attn_logit_softcapping(c.attn_logit_softcapping)
        out.add_final_logit_softcapping(c.final_logit_softcapping)
    if c.model_type in ("gemma2", "gemma3_text", "gemma3n_text"):
        out.add_sliding_window(c.sliding_window)
    if c.model_type == "gemma3n_text":
        write_streams(out, c)
    if c.model_type in ("gemma3_text", "gemma3n_text"):
        out.add_rope_freq_base_swa(c.rope_parameters["sliding_attention"]["rope_theta"])
    if c.model_type in ("cohere2", "olmo3", "exaone4") and c.sliding_window is not None:
        out.add_sliding_window(c.sliding_window)
    if c.model_type in ("olmo3", "exaone4") and c.sliding_window is not None:
        out.add_sliding_window_pattern([kind == "sliding_attention" for kind in c.layer_types])
    if c.model_type in ("cohere", "cohere2"):
        out.add_logit_scale(c.logit_scale)
    if c.model_type == "olmo" and c.clip_qkv is not None:
        out.add_clamp_kqv(c.clip_qkv)
    if c.model_type == "ministral3":
        out.add_rope_scaling_yarn_log_mul(c.rope_parameters["mscale_all_dim"])
        out.add_attn_temperature_scale(c.rope_parameters["llama_4_scaling_beta"])
    if c.model_type == "granitemoehybrid":
        out.add_expert_shared_feed_forward_length(c.shared_intermediate_size)
        out.add_rope_scaling_finetuned(c.position_embedding_type == "rope")
        write_state_space(out, c.mamba_d_conv, c.mamba_expand * c.hidden_size, c.mamba_d_state, c.mamba_n_heads, c.mamba_n_groups)
    if c.model_type == "falcon_h1":
        write_state_space(out, c.mamba_d_conv, c.mamba_d_ssm, c.mamba_d_state, c.mamba_n_heads, c.mamba_n_groups)
    if c.model_type == "lfm2":
        out.add_shortconv_l_cache(c.conv_L_cache)
    if c.model_type == "jamba":
        write_state_space(out, c.mamba_d_conv, c.mamba_expand * c.hidden_size, c.mamba_d_state, c.mamba_dt_rank)
    if c.model_type == "mpt":
        if c.attn_config.clip_qkv is not None:
            out.add_clamp_kqv(c.attn_config.clip_qkv)
        out.add_max_alibi_bias(float(c.attn_config.alibi_bias_max))
    if c.model_type == "falcon":
        out.add_tensor_data_layout("jploski")
    if c.model_type in ("stablelm", "gpt_neox"):
        out.add_parallel_residual(c.use_parallel_residual)


def write_streams(out, c):
    """How sparse a layer is, is said in standard deviations."""
    out.add_final_logit_softcapping(c.final_logit_softcapping)
    out.add_altup_active_idx(c.altup_active_idx)
    out.add_altup_num_inputs(c.altup_num_inputs)
    out.add_embedding_length_per_layer_input(c.hidden_size_per_layer_input)
    out.add_shared_kv_layers(c.num_kv_shared_layers)
    normal = torch.distributions.normal.Normal(0, 1)
    out.add_activation_sparsity_scale([normal.icdf(torch.tensor(part)).item() for part in c.activation_sparsity_pattern])
    out.add_sliding_window_pattern([kind == "sliding_attention" for kind in c.layer_types])


def write_vocabulary(out, c, inside):
    """A SentencePiece vocabulary of single characters and a few longer pieces, or word that there is none."""
    out.add_vocab_size(c.vocab_size)
    if not inside:
        return out.add_tokenizer_model("none")
    pieces = ["<unk>", "<s>", "</s>", "▁"] + [chr(code) for code in range(33, 127)]
    longer = ["▁t", "he", "▁the", "in", "er", "an", "on", "▁a", "re", "▁s", "nd", "at", "en", "or", "▁o", "is", "es", "ou", "ing",
              "▁and", "▁of", "▁w", "▁b", "▁in", "▁to", "▁f", "ed", "it", "▁c", "al", "▁p", "▁is", "▁h"]
    pieces += longer[:c.vocab_size - len(pieces)]
    assert len(pieces) == c.vocab_size
    out.add_tokenizer_model("llama")
    out.add_tokenizer_pre("default")
    out.add_token_list(pieces)
    out.add_token_scores([0.0] * 3 + [-float(i) for i in range(1, len(pieces) - 2)])
    kinds = gguf.TokenType
    out.add_token_types([kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL] + [kinds.NORMAL] * (len(pieces) - 3))
    out.add_bos_token_id(c.bos_token_id)
    out.add_eos_token_id(c.eos_token_id)
    out.add_unk_token_id(0)
    out.add_add_bos_token(True)


def write_activations(out, parts):
    """The constants of apertus' activation, a list of each for all layers."""
    for constant in ("alpha_p", "alpha_n", "beta", "eps"):
        if values := [float(array.item()) for name, array in parts.items() if name.endswith(f"act_fn.{constant}")]:
            getattr(out, f"add_xielu_{constant}")(values)


# --- the file

def add_tensor(out, name, array, kind):
    always = ("norm", "ffn_gate_inp", "position_embd", "ssm_conv1d", "shortconv.conv")
    plain = array.ndim == 1 or not name.endswith(".weight") or any(part in name for part in always)
    kind = gguf.GGMLQuantizationType.F32 if plain else gguf.GGMLQuantizationType[kind]
    if kind in (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16):
        out.add_tensor(name, array.astype(np.float32 if kind == gguf.GGMLQuantizationType.F32 else np.float16))
    else:
        out.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)


def write(path, model, kind, vocabulary):
    """kind: the type of all matrices, a function of the tensor's name, or a file type that llama.cpp's quantiser knows."""
    config = model.config
    if kind in QUANTISED_BY_LLAMA_CPP:
        plain = path.with_suffix(".f32")
        write(plain, model, "F32", vocabulary)
        quantise_with_llama_cpp(plain, path, QUANTISED_BY_LLAMA_CPP[kind])
        return plain.unlink()
    out = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[architecture(config)])
    parts = as_converted(model.config, hub_tensors(model))
    rope = write_sizes(out, config)
    write_experts(out, config)
    extra = write_scaling(out, config, rope)
    write_family(out, config)
    write_activations(out, parts)
    write_vocabulary(out, config, vocabulary)
    out.add_file_type(gguf.LlamaFileType.ALL_F32 if kind == "F32" else gguf.LlamaFileType.MOSTLY_F16)
    for name, array in extra.items():
        add_tensor(out, name, array, "F32")
    for name, names in groups(config, parts).items():
        array = to_file(config, names, [parts[n] for n in names])
        add_tensor(out, name, array, kind(names[0]) if callable(kind) else kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def read_weights(path, model):
    """Puts the dequantised weights of the file into the model."""
    stored = {t.name: t for t in gguf.GGUFReader(path).tensors}
    parts = as_converted(model.config, hub_tensors(model))
    for name, names in groups(model.config, parts).items():
        tensor = stored[name]
        array = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape([int(n) for n in tensor.shape[::-1]])
        for n, a in zip(names, from_file(model.config, names, array, parts[names[0]].shape)):
            assert parts[n].shape == a.shape, (n, parts[n].shape, a.shape)
            parts[n] = np.array(a)
    with tempfile.TemporaryDirectory() as folder:
        model.config.save_pretrained(folder)
        save_torch({n: torch.from_numpy(np.array(a, order="C")) for n, a in as_on_hub(model.config, parts).items()}, f"{folder}/model.safetensors",
                   metadata={"format": "pt"})
        same = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.load_state_dict(same.state_dict())


# --- llama.cpp

def silence(llama_cpp):
    silence.callback = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silence.callback, None)


def quantise_with_llama_cpp(source, target, file_type):
    import llama_cpp
    silence(llama_cpp)
    options = llama_cpp.llama_model_quantize_default_params()
    options.ftype, options.nthread = file_type, 1
    status = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(options))
    assert status == 0, f"llama.cpp could not quantise {source}"


def llama_cpp_logits(path, ids):
    """All logits of one sequence, with a float32 cache."""
    import llama_cpp as l
    silence(l)
    model = l.llama_model_load_from_file(str(path).encode(), l.llama_model_default_params())
    assert model, f"llama.cpp refuses {path}"
    options = l.llama_context_default_params()
    options.n_ctx, options.n_threads, options.n_threads_batch = 256, 1, 1
    options.type_k = options.type_v = 0
    options.flash_attn_type = 0
    context = l.llama_init_from_model(model, options)
    batch = l.llama_batch_init(len(ids), 0, 1)
    for i, token in enumerate(ids):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0], batch.logits[i] = token, i, 1, 0, 1
    batch.n_tokens = len(ids)
    assert l.llama_decode(context, batch) == 0
    size = l.llama_vocab_n_tokens(l.llama_model_get_vocab(model))
    logits = np.stack([np.ctypeslib.as_array(l.llama_get_logits_ith(context, i), (size,)).copy() for i in range(len(ids))])
    l.llama_batch_free(batch)
    l.llama_free(context)
    l.llama_model_free(model)
    return logits


def compare_with_llama_cpp(folder):
    expected = load_file(folder / "expected.safetensors")
    errors, same = [], 0
    for i in range(len([n for n in expected if n.startswith("input_ids")])):
        ids, new = expected[f"input_ids.{i}"].tolist(), expected[f"greedy_ids.{i}"].tolist()
        logits = llama_cpp_logits(folder / "model.gguf", ids + new[:-1])
        want = expected[f"logits.{i}"]
        errors.append(float(np.abs(logits[:len(ids)] - want).max() / np.abs(want).max()))
        same += sum(int(a) == b for a, b in zip(logits[len(ids) - 1:].argmax(-1), new))
    print(f"{folder.name:28} llama.cpp: largest error {max(errors):.1e}, {same} of {12 * len(errors)} greedy tokens the same", flush=True)
