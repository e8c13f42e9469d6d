#!/usr/bin/env python3
"""Makes the low-rank adapters in tests/golden/adapters, for checkpoints of tests/golden/models, with the logits that PEFT
computes for the two together.

    python tests/golden/adapters.py [CASE…]

Needs torch, transformers, peft, safetensors, numpy. Each folder gets adapter_config.json, adapter_model.safetensors and
expected.safetensors: `input_ids`, `logits`, `greedy_ids` (what follows the input).
"""
import json, pathlib, shutil, sys, zlib

import numpy as np, peft, torch
from safetensors.numpy import save_file
from safetensors.torch import load_file, save_file as save_tensors
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).resolve().parent
CASES = {   # name: base, options
    "llama-lora": ("llama", dict(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj", "down_proj"], modules_to_save=["lm_head"])),
    "llama-dora": ("llama", dict(r=2, lora_alpha=3, target_modules=["k_proj", "gate_proj", "o_proj"], use_dora=True)),
    "llama-rank-stabilised-patterns": ("llama-biases", dict(r=4, lora_alpha=4, use_rslora=True, bias="lora_only", rank_pattern={"q_proj": 2},
                                                            alpha_pattern={"up_proj": 9}, target_modules=["q_proj", "up_proj"])),
    "llama-embedding": ("llama", dict(r=2, lora_alpha=3, target_modules=["embed_tokens", "q_proj"])),
    "llama-bf16-lora": ("llama-bf16", dict(r=2, lora_alpha=3, target_modules=["q_proj", "down_proj"])),
    "gpt2-bare-lora": ("gpt2-bare", dict(r=2, lora_alpha=3, fan_in_fan_out=True, target_modules=["c_attn", "c_proj"], modules_to_save=["ln_f"])),
    "llama-linear": ("llama", dict(r=5, lora_alpha=4, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head"])),
    "gpt2-bare-linear": ("gpt2-bare", dict(r=3, lora_alpha=3, fan_in_fan_out=True, target_modules=["c_attn", "c_fc"])),
    "gpt2-bare-dora": ("gpt2-bare", dict(r=2, lora_alpha=3, fan_in_fan_out=True, use_dora=True, target_modules=["c_attn"])),
    "deepseek-lora": ("deepseek_v3", dict(r=2, lora_alpha=3, target_modules=["q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"])),
    "mamba-lora": ("mamba", dict(r=2, lora_alpha=3, target_modules=["in_proj", "x_proj"])),
    "gguf-llama-f16-lora": ("gguf-llama-f16", dict(r=4, lora_alpha=3, target_modules=["q_proj", "k_proj", "v_proj", "down_proj"])),
    "gguf-llama-f16-dora": ("gguf-llama-f16", dict(r=2, lora_alpha=3, target_modules=["k_proj", "o_proj"], use_dora=True)),
    "gguf-llama-q8_0-lora": ("gguf-llama-q8_0", dict(r=4, lora_alpha=1, target_modules=["q_proj", "k_proj", "v_proj", "down_proj"])),
    "gguf-llama-q8_0-narrow": ("gguf-llama-q8_0", dict(r=1, lora_alpha=0.5, target_modules=["o_proj", "gate_proj"])),
    # The names that adapters of single experts have had
    "qwen2_moe-experts": ("qwen2_moe", dict(r=2, lora_alpha=3, target_modules=["v_proj", "shared_expert_gate"])),
}


def open_base(name):
    folder = HERE / "models" / name
    file = dict(gguf_file="model.gguf") if (folder / "model.gguf").exists() else {}
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager", **file).eval()


def shaken(name, p):
    return p + 0.3 * torch.randn_like(p) * (p.abs().mean() if "magnitude" in name else 1)


def with_adapter(plain, folder, options):
    model = peft.get_peft_model(plain, peft.LoraConfig(**options)).eval()
    for parameter, p in model.named_parameters():
        if "lora_" in parameter or "modules_to_save" in parameter or p.requires_grad:
            p.data = shaken(parameter, p)
    model.save_pretrained(folder, save_embedding_layers=False)
    return model


def with_experts(plain, folder, options):
    """Today's models have the experts of a layer in one tensor; the files, and adapters made before, have them one by one."""
    model = with_adapter(plain, folder, dict(options, target_parameters=["experts.gate_up_proj", "experts.down_proj"]))
    tensors = {name: t for name, t in load_file(folder / "adapter_model.safetensors").items() if ".experts." not in name}
    for name, module in model.named_modules():
        if not hasattr(module, "parameter_name"):
            continue
        at = name.split(".experts")[0] + ".experts."
        a, b = (pair["default"].weight.data for pair in (module.lora_A, module.lora_B))
        count = module.num_experts
        for e, (down, up) in enumerate(zip(a.reshape(count, -1, a.shape[1]), b.reshape(b.shape[0], -1, count).permute(2, 0, 1))):
            parts = {"down_proj": up} if module.parameter_name == "down_proj" else dict(zip(["gate_proj", "up_proj"], up.chunk(2)))
            for part, rows in parts.items():
                tensors[f"{at}{e}.{part}.lora_A.weight"] = down.clone()
                tensors[f"{at}{e}.{part}.lora_B.weight"] = rows.contiguous()
    save_tensors(tensors, folder / "adapter_model.safetensors")
    return model


def greedy(model, ids, count):
    all = ids
    for _ in range(count):
        all = torch.cat([all, model(all).logits[:, -1].argmax(-1, keepdim=True)], 1)
    return all[0, ids.shape[1]:]


def make(name, base, options):
    folder = HERE / "adapters" / name
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(zlib.crc32(name.encode()))
    plain = open_base(base)
    ids = torch.randint(3, plain.config.vocab_size, (1, 17))
    with torch.no_grad():
        before = plain(ids).logits
    model = with_experts(plain, folder, options) if "experts" in name else with_adapter(plain, folder, options)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config.update(base_model_name_or_path=base, target_modules=sorted(config["target_modules"]))
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    with torch.no_grad():
        model = model.double()
        after, follows = model(ids).logits, greedy(model, ids, 8)
    assert float((after - before).abs().max() / before.abs().max()) > 0.05
    save_file({"input_ids": ids[0].numpy(), "logits": after[0].float().numpy(), "greedy_ids": follows.numpy()}, folder / "expected.safetensors")
    print(f"{name:32} {sum(f.stat().st_size for f in folder.iterdir()):7} bytes   {len(load_file(folder / 'adapter_model.safetensors'))} tensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or CASES:
        make(name, *CASES[name])
