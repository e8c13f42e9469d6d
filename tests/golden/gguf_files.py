"""Writes a transformers model as a GGUF file the way llama.cpp's converter does, reads its weights back, and runs it in
llama.cpp. Used by models.py.

What the converter does to the weights: rows of q and k are permuted where llama.cpp rotates neighbouring pairs (llama,
mistral, granite, smollm3), gemma's norms carry their + 1, gpt2's matrices are transposed to [outputs, inputs], stablelm's
norms per head are stacked, vectors stay float32.
"""
import ctypes, math, re

import gguf, numpy as np, torch
from safetensors.numpy import load_file

ARCHITECTURES = dict(gpt2="GPT2", llama="LLAMA", mistral="LLAMA", qwen2="QWEN2", qwen3="QWEN3", smollm3="SMOLLM3", olmo2="OLMO2",
                     granite="GRANITE", phi3="PHI3", stablelm="STABLELM", gemma="GEMMA", gemma2="GEMMA2", gemma3_text="GEMMA3")
QUANTISED_BY_LLAMA_CPP = dict(Q4_K_M=15, Q5_K_M=17, Q6_K=18, IQ4_NL=25)     # its file types


# --- names and layouts

def architecture(config):
    return getattr(gguf.MODEL_ARCH, ARCHITECTURES[config.model_type])


def groups(model):
    """GGUF's name → the names in the model: one, or the norms of all heads."""
    names = gguf.get_tensor_name_map(architecture(model.config), model.config.num_hidden_layers)
    found = {}
    for name in model.state_dict():
        if name == "lm_head.weight" and model.config.tie_word_embeddings:
            continue
        whole = re.sub(r"\.norms\.\d+", "", name)
        found.setdefault(names.get_name(whole, try_suffixes=(".weight", ".bias")), []).append(name)
    return found


def row_order(config, name, rows):
    """Row r of a permuted q or k is row order[r] of the model's: [heads, 2, half] → [heads, half, 2]."""
    if config.model_type not in ("llama", "mistral", "granite", "smollm3") or not re.search(r"\.[qk]_proj\.", name):
        return np.arange(rows)
    heads = config.num_attention_heads if ".q_proj." in name else config.num_key_value_heads
    return np.arange(rows).reshape(heads, 2, -1).swapaxes(1, 2).reshape(-1)


def shift(config, name):
    return np.float32(1 if config.model_type.startswith("gemma") and name.endswith("norm.weight") else 0)


def transposed(config, name):
    return config.model_type == "gpt2" and name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))


def to_file(config, names, arrays):
    if len(names) > 1:
        return np.stack(arrays)
    array = arrays[0].T if transposed(config, names[0]) else arrays[0]
    return np.ascontiguousarray(array[row_order(config, names[0], len(array))] + shift(config, names[0]))


def from_file(config, names, array):
    if len(names) > 1:
        return list(array)
    plain = np.empty_like(array)
    plain[row_order(config, names[0], len(array))] = array - shift(config, names[0])
    return [plain.T if transposed(config, names[0]) else plain]


# --- metadata

def write_sizes(out, c):
    rope = getattr(c, "rope_parameters", None) or {}
    rope = rope.get("full_attention", rope)
    heads = c.num_attention_heads
    out.add_block_count(c.num_hidden_layers)
    out.add_context_length(c.max_position_embeddings)
    out.add_embedding_length(c.hidden_size)
    out.add_feed_forward_length(4 * c.n_embd if c.model_type == "gpt2" else c.intermediate_size)
    out.add_head_count(heads)
    if c.model_type != "gpt2":
        out.add_head_count_kv(c.num_key_value_heads)
    if c.model_type in ("gpt2", "stablelm"):
        out.add_layer_norm_eps(c.layer_norm_epsilon if c.model_type == "gpt2" else c.layer_norm_eps)
    else:
        out.add_layer_norm_rms_eps(c.rms_norm_eps)
    if c.model_type not in ("gpt2", "gemma", "gemma2", "stablelm"):
        out.add_rope_freq_base(rope["rope_theta"])
    if getattr(c, "head_dim", None) is not None and c.model_type not in ("granite",):
        out.add_key_length(c.head_dim)
        out.add_value_length(c.head_dim)
    if c.model_type in ("llama", "mistral", "granite", "smollm3", "phi3", "stablelm"):
        head = getattr(c, "head_dim", None) or c.hidden_size // heads
        out.add_rope_dimension_count(int(head * rope.get("partial_rotary_factor", 1.0)))
    return rope


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
    elif kind == "llama3":
        return {"rope_freqs.weight": llama3_factors(c, rope)}
    if c.model_type == "phi3":
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
    factors = []
    for i in range(0, c.head_dim, 2):
        turns = old / (2 * math.pi * rope["rope_theta"] ** (i / c.head_dim))       # within the old context
        smooth = (turns - low) / (high - low)
        factors.append(1 if turns > high else factor if turns < low else 1 / ((1 - smooth) / factor + smooth))
    return np.array(factors, np.float32)


def write_family(out, c):
    if c.model_type == "granite":
        out.add_attention_scale(c.attention_multiplier)
        out.add_embedding_scale(c.embedding_multiplier)
        out.add_residual_scale(c.residual_multiplier)
        out.add_logit_scale(c.logits_scaling)
    if c.model_type == "gemma2":
        out.add_attn_logit_softcapping(c.attn_logit_softcapping)
        out.add_final_logit_softcapping(c.final_logit_softcapping)
    if c.model_type in ("gemma2", "gemma3_text"):
        out.add_sliding_window(c.sliding_window)
    if c.model_type == "gemma3_text":
        out.add_rope_freq_base_swa(c.rope_parameters["sliding_attention"]["rope_theta"])
    if c.model_type == "stablelm":
        out.add_parallel_residual(c.use_parallel_residual)


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


# --- the file

def add_tensor(out, name, array, kind):
    kind = gguf.GGMLQuantizationType.F32 if array.ndim == 1 or "norm" in name else gguf.GGMLQuantizationType[kind]
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
    rope = write_sizes(out, config)
    extra = write_scaling(out, config, rope)
    write_family(out, config)
    write_vocabulary(out, config, vocabulary)
    out.add_file_type(gguf.LlamaFileType.ALL_F32 if kind == "F32" else gguf.LlamaFileType.MOSTLY_F16)
    state = model.state_dict()
    for name, array in extra.items():
        add_tensor(out, name, array, "F32")
    for name, names in groups(model).items():
        array = to_file(config, names, [state[n].float().numpy() for n in names])
        add_tensor(out, name, array, kind(names[0]) if callable(kind) else kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def read_weights(path, model):
    """Puts the dequantised weights of the file into the model."""
    stored = {t.name: t for t in gguf.GGUFReader(path).tensors}
    state = model.state_dict()
    for name, names in groups(model).items():
        tensor = stored[name]
        array = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape([int(n) for n in tensor.shape[::-1]])
        for n, a in zip(names, from_file(model.config, names, array)):
            assert state[n].shape == a.shape, (n, state[n].shape, a.shape)
            state[n].copy_(torch.from_numpy(np.array(a)))


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
