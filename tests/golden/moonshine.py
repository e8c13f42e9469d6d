#!/usr/bin/env python3
"""Writes tests/golden/moonshine/: a tiny random Moonshine, and what transformers' generate() makes of speech/sound.wav with it.

    python tests/golden/moonshine.py

`expected.json` is a list of transcripts: `seconds` of the sound, `beams`, `window` (seconds; 0: all at once), and for each window its `end` in
samples and its `tokens`, at most 6.5 for each second with the one that comes first. A window ends in the middle of the tenth of a second that is
quietest from its half to a tenth of a second before its end.
"""
import json
import wave
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models
from transformers import MoonshineConfig, MoonshineForConditionalGeneration, Wav2Vec2FeatureExtractor

HERE = Path(__file__).resolve().parent
RATE, WORDS = 8000, 40
CASES = ((3.3, 1, 0), (1.1, 1, 0), (3.3, 3, 0), (3.3, 1, 1.5))  # seconds, beams, window
GENERATION = dict(decoder_start_token_id=1, bos_token_id=1, eos_token_id=2, pad_token_id=2, max_length=20, suppress_tokens=[5])


def sound():
    with wave.open(str(HERE / "speech" / "sound.wav")) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
    return (data.astype(np.float32) - 128) / 128


def random_model(seed):
    torch.manual_seed(seed)
    model = MoonshineForConditionalGeneration(MoonshineConfig(
        vocab_size=WORDS, hidden_size=14, head_dim=7, intermediate_size=18, encoder_num_hidden_layers=1, decoder_num_hidden_layers=1, max_position_embeddings=64,
        encoder_num_attention_heads=2, decoder_num_attention_heads=2, bos_token_id=1, eos_token_id=2, pad_token_id=2, decoder_start_token_id=1))
    for name, p in model.named_parameters():
        scale = 0.25 if "norm" in name else 0.3 if p.dim() == 1 else 0.7 if "embed" in name else 1.6 / p[0].numel()**0.5
        p.data = (p.data if "norm" in name else 0) + scale * torch.randn(p.shape)
    model.generation_config = type(model.generation_config)(**GENERATION)
    return model.eval()


def quietest(x, begin, end, width):
    squares = np.concatenate([[0], np.cumsum(x[begin:end].astype(np.float64)**2)])
    return begin + int(np.argmin(squares[width:] - squares[:-width])) + width // 2


def windows_of(samples, window):
    begin, least = 0, RATE // 10
    while window and samples.size - begin > window:
        end = quietest(samples, begin + window // 2, begin + window - least, least)
        yield begin, end
        begin = end
    yield begin, samples.size


def transcript(model, samples, seconds, beams, window):
    heard, found = samples[:int(seconds * RATE)], []
    for begin, end in windows_of(heard, int(window * RATE)):
        given = torch.tensor(heard[None, begin:end], dtype=model.dtype)
        most = min(int(6.5 * (end - begin) / RATE), GENERATION["max_length"])
        ids = model.generate(given, max_length=most, num_beams=beams, do_sample=False)[0].tolist()[1:]
        found.append({"end": end, "tokens": [t for t in ids if t != 2]})
    return {"seconds": seconds, "beams": beams, "window": window, "windows": found}


def all_transcripts(model, samples):
    return [transcript(model, samples, *c) for c in CASES]


def ends_early(model, samples):
    """A text of different words that ends before it must."""
    said = transcript(model, samples, *CASES[0])["windows"][0]["tokens"]
    return len(set(said)) > 5 and len(said) < 19


def interesting(found):
    """Texts that are cut off, beams and windows that matter."""
    said = [[w["tokens"] for w in f["windows"]] for f in found]
    return said[0] != said[2] and 6 in map(len, said[3]) and len({tuple(t) for t in said[3]}) > 1


def write_tokenizer(folder):
    tokenizer = Tokenizer(models.WordLevel({f"w{i}": i for i in range(WORDS)}, unk_token="w0"))
    tokenizer.add_special_tokens(["w0", "w1", "w2"])
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    tokenizer.save(str(folder / "tokenizer.json"))


def main():
    folder = HERE / "moonshine" / "model"
    folder.mkdir(parents=True, exist_ok=True)
    samples = sound()
    for seed in range(2000):
        if not ends_early(random_model(seed), samples):
            continue
        found = all_transcripts(random_model(seed), samples)
        if interesting(found) and found == all_transcripts(random_model(seed).double(), samples):
            break
    else:
        raise SystemExit("no seed gives an interesting model")
    print("seed", seed, found)
    random_model(seed).save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps(GENERATION, indent=1) + "\n")
    Wav2Vec2FeatureExtractor(sampling_rate=RATE, do_normalize=False).save_pretrained(folder)
    write_tokenizer(folder)
    (HERE / "moonshine" / "expected.json").write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
