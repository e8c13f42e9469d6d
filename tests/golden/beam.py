#!/usr/bin/env python3
"""Makes tests/golden/beam.json: beam searches of transformers on the checkpoints in tests/golden/models.

    python tests/golden/beam.py

Needs torch and transformers (versions: README.md beside this file). Weights are computed with in float64; a case is
written only if float32 finds the same texts. End tokens are chosen so that texts of many lengths are found.
"""
import json, pathlib

import torch, transformers
from safetensors.numpy import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, WhisperForConditionalGeneration
from transformers.generation import GenerationMixin

HERE = pathlib.Path(__file__).resolve().parent
MODELS = ("llama", "gpt2", "mamba", "t5", "bart", "marian", "whisper")
SEARCHES = [dict(num_beams=beams, length_penalty=penalty, early_stopping=stopping)
            for beams in (2, 4) for penalty in (-1.0, 0.0, 0.7, 1.0, 2.0) for stopping in (False, True, "never")]
INPUT = 1       # of each checkpoint's inputs
NEW_TOKENS = 12


def load(folder, dtype):
    config = AutoConfig.from_pretrained(folder)
    kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    if config.model_type == "whisper":
        kind = WhisperForConditionalGeneration
    return kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").to(dtype).eval()


def search(model, inputs, **options):
    """Ids of the new tokens and scores, best first; each step is computed from nothing."""
    model.generation_config = transformers.GenerationConfig(pad_token_id=0, decoder_start_token_id=0)
    prompt = inputs["decoder_input_ids" if "decoder_input_ids" in inputs else "input_ids"]
    if "input_features" in inputs:
        inputs = {**inputs, "input_features": inputs["input_features"].to(model.dtype)}
    with torch.no_grad():
        # not the model's own generate(): Whisper's adds rules for timestamps
        found = GenerationMixin.generate(model, **inputs, do_sample=False, use_cache=False, max_new_tokens=NEW_TOKENS, return_dict_in_generate=True,
                               output_scores=True, num_return_sequences=options["num_beams"], **options)
    ends, texts = options["eos_token_id"], []
    for row in found.sequences[:, prompt.shape[1]:].tolist():
        length = next((i + 1 for i, token in enumerate(row) if token in ends), len(row))
        texts.append(row[:length])
    return texts, [round(score, 7) for score in found.sequences_scores.tolist()]


def inputs_of(name):
    tensors = load_file(HERE / "models" / name / "in.safetensors")
    if f"input_features.{INPUT}" in tensors:    # [frames, features] → [1, features, frames]
        inputs = {"input_features": torch.tensor(tensors[f"input_features.{INPUT}"]).T[None]}
    else:
        inputs = {"input_ids": torch.tensor([tensors[f"input_ids.{INPUT}"].tolist()])}
    if f"decoder_input_ids.{INPUT}" in tensors:     # the reference makes them begin so
        inputs["decoder_input_ids"] = torch.tensor([[0] + tensors[f"decoder_input_ids.{INPUT}"].tolist()])
    return inputs


def end_tokens(model, inputs):
    """Tokens that come up in the middle of the texts of a search without end tokens."""
    texts, _ = search(model, inputs, num_beams=6, eos_token_id=[model.config.vocab_size + 1])
    middle = [token for text in texts for token in text[2:9]]
    common = sorted(set(middle), key=middle.count)
    return [common[-1:], [common[0], common[len(common) // 2]]]


def cases_of(name):
    folder = HERE / "models" / name
    exact, rounded, inputs = load(folder, torch.float64), load(folder, torch.float32), inputs_of(name)
    for ends in end_tokens(exact, inputs):
        for options in SEARCHES:
            texts, scores = search(exact, inputs, eos_token_id=ends, **options)
            if search(rounded, inputs, eos_token_id=ends, **options)[0] == texts:
                yield dict(model=name, input=INPUT, **{key: ids[0].tolist() for key, ids in inputs.items() if key != "input_features"}, max_new_tokens=NEW_TOKENS, end_tokens=ends,
                           **options, texts=texts, scores=scores)


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    cases = [case for name in MODELS for case in cases_of(name)]
    lines = ",\n".join(" " + json.dumps(case) for case in cases)
    (HERE / "beam.json").write_text(f"[\n{lines}\n]\n")
    for name in MODELS:
        lengths = [len(text) for case in cases if case["model"] == name for text in case["texts"]]
        print(f"{name:8} {sum(c['model'] == name for c in cases):4} cases, texts of {min(lengths)} to {max(lengths)} tokens")


if __name__ == "__main__":
    main()
