#!/usr/bin/env python3
"""Makes the tiny random vision-language checkpoints in tests/golden/llava, with the outputs that transformers computes.

    python tests/golden/llava.py DIGITS      (a folder with the handwritten digits test_*.pgm)

Each folder gets config.json, model.safetensors and expected.safetensors: `pixels.I` [3 · height, width] of a digit,
`input_ids.I` with a run of the picture's token, `rows.I` (the picture as the language model sees it), `logits.I`, and
`greedy_ids.I` (the new tokens alone). Every parameter is drawn at random and shown to matter.
"""
import json, pathlib, sys

import numpy as np, torch, transformers
from safetensors.numpy import load_file, save_file
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

HERE = pathlib.Path(__file__).resolve().parent
PICTURE = 58
NEW_TOKENS = 10
CASES = {       # what it is, and whether the files are named as before transformers 5
    "llava": (dict(projector_hidden_act="gelu"), False),
    "llava-older": (dict(projector_hidden_act="gelu", multimodal_projector_bias=False, vision_feature_layer=3,
                         vision_feature_select_strategy="full"), True),
}
UNUSED = ("post_layernorm", "vision_tower.encoder.layers.2")     # after the layer whose rows are taken


def build(options):
    vision = CLIPVisionConfig(hidden_size=15, intermediate_size=22, num_hidden_layers=3, num_attention_heads=3, image_size=8, patch_size=2,
                              projection_dim=7)
    text = LlamaConfig(vocab_size=61, hidden_size=24, intermediate_size=22, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                       max_position_embeddings=128, bos_token_id=1, eos_token_id=2)
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=PICTURE, **options)
    model = LlavaForConditionalGeneration._from_config(config, attn_implementation="eager").double().eval()
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape)
        value = 1 + 0.25 * noise if "norm" in name and name.endswith("weight") else 0.4 * noise if p.dim() == 1 else 1.6 * noise / p[0].numel()**0.5
        p.data = (noise if "embed" in name and p.dim() == 2 else value).float().double()
    return model


def run(model, ids, pixels):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), pixel_values=pixels).logits[0]


def pixels_of(path):
    data = path.read_bytes()
    grey = torch.tensor(list(data[-64:])).reshape(8, 8).double() / 255
    return torch.stack([(grey - mean) / 0.5 for mean in (0.5, 0.4, 0.45)]).float().double()[None]


def checked(model, ids, pixels):
    """Every parameter moves the logits."""
    before = run(model, ids, pixels)
    for name, p in model.named_parameters():
        if name.endswith("k_proj.bias") or any(part in name for part in UNUSED) and model.config.vision_feature_layer == -2 or "post_layernorm" in name:
            continue
        kept = p.data.clone()
        p.data += 0.1 * torch.randn_like(p) * kept.abs().mean()
        moved = float((run(model, ids, pixels) - before).abs().max() / before.abs().max())
        p.data = kept
        assert moved > 1e-5, f"{name} moves the logits by {moved:.1e} only"


def good_input(model, pixels, rows, i, random):
    """Ids with a picture among them whose greedy continuation is decided clearly, and that continuation."""
    while True:
        ids = [*random.integers(3, 57, 1 + 3 * i).tolist(), *[PICTURE] * rows, *random.integers(3, 57, 2 + i).tolist()]
        said = []
        while len(said) < NEW_TOKENS:
            best = run(model, ids + said, pixels)[-1].topk(2)
            if best.indices[0] == PICTURE or best.values[0] - best.values[1] < 1e-3:
                break
            said.append(int(best.indices[0]))
        if len(said) == NEW_TOKENS and len(set(said)) > 3:
            return ids, said


def older_name(name):
    return name.replace("vision_tower.", "vision_tower.vision_model.", 1)


def older_config(config):
    """As files written years ago: the sizes that are LlamaConfig's defaults are not there, nor what the older reference did not know."""
    text = {key: config["text_config"][key] for key in ("model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
            "num_attention_heads", "num_key_value_heads", "max_position_embeddings", "rms_norm_eps")}
    vision = {key: config["vision_config"][key] for key in ("model_type", "hidden_size", "intermediate_size", "num_hidden_layers",
              "num_attention_heads", "image_size", "patch_size")}
    return dict({key: value for key, value in config.items() if not key.endswith("_config")}, text_config=text, vision_config=vision)


def write(name, digits):
    options, older = CASES[name]
    torch.manual_seed(len(name))
    random, model, folder = np.random.default_rng(7), build(options), HERE / "llava" / name
    rows = 16 + (options.get("vision_feature_select_strategy") == "full")
    expected = {}
    for i, path in enumerate(digits[:3]):
        pixels = pixels_of(path)
        ids, said = good_input(model, pixels, rows, i, random)
        if i == 0:
            checked(model, ids, pixels)
        with torch.no_grad():
            seen = model.model.get_image_features(pixels, return_dict=True).pooler_output[0]
        expected |= {f"pixels.{i}": pixels[0].reshape(-1, 8).float().numpy(), f"input_ids.{i}": np.array(ids), f"rows.{i}": seen.float().numpy(),
                     f"logits.{i}": run(model, ids, pixels).float().numpy(), f"greedy_ids.{i}": np.array(said)}
    model.float().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    weights = load_file(folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    if older:
        weights = {older_name(name): value for name, value in weights.items()}
        config = older_config(config)
    save_file(weights, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    save_file(expected, folder / "expected.safetensors")
    print(name, sorted(weights)[:3], sum(f.stat().st_size for f in folder.iterdir()), "bytes")


def main():
    digits = sorted(pathlib.Path(sys.argv[1]).glob("test_*.pgm"))
    for name in CASES:
        write(name, digits)


if __name__ == "__main__":
    main()
