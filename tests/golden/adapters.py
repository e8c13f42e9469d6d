#!/usr/bin/env python3
"""Makes the low-rank adapters in tests/golden/adapters, for checkpoints of tests/golden/models, with the logits that PEFT
computes for the two together.

    python tests/golden/adapters.py

Needs torch, transformers, peft, safetensors, numpy. Each folder gets adapter_config.json, adapter_model.safetensors and
expected.safetensors: `input_ids`, `logits`.
"""
import json, pathlib, shutil, zlib

import numpy as np, peft, torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
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
}


def make(name, base, options):
    folder = HERE / "adapters" / name
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(zlib.crc32(name.encode()))
    plain = AutoModelForCausalLM.from_pretrained(HERE / "models" / base, dtype=torch.float32, attn_implementation="eager").eval()
    ids = torch.randint(3, plain.config.vocab_size, (1, 17))
    with torch.no_grad():
        before = plain(ids).logits
    model = peft.get_peft_model(plain, peft.LoraConfig(**options)).eval()
    for parameter, p in model.named_parameters():
        if "lora_" in parameter or "modules_to_save" in parameter or p.requires_grad:
            p.data = p.data + 0.3 * torch.randn_like(p) * (p.abs().mean() if "magnitude" in parameter else 1)
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = base
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    with torch.no_grad():
        after = model.double()(ids).logits
    assert float((after - before).abs().max() / before.abs().max()) > 0.05
    save_file({"input_ids": ids[0].numpy(), "logits": after[0].float().numpy()}, folder / "expected.safetensors")
    print(f"{name:32} {sum(f.stat().st_size for f in folder.iterdir()):7} bytes   {len(load_file(folder / 'adapter_model.safetensors'))} tensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, (base, options) in CASES.items():
        make(name, base, options)
