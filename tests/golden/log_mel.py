#!/usr/bin/env python3
"""Writes tests/golden/audio/log_mel.safetensors: features that transformers' WhisperFeatureExtractor computes with numpy.

    python tests/golden/log_mel.py

`sound` F16 [samples] at 16000 Hz; `features.B` F32 [frames, B] of a piece of two seconds in B bands, of which only the
frames numbered in `frames` I64 are kept.
"""
import pathlib

import numpy as np
from safetensors.numpy import save_file
from transformers import WhisperFeatureExtractor

HERE = pathlib.Path(__file__).resolve().parent


def sound(seconds):
    """A rising tone, a steady one, noise that comes and goes, and silence at the end."""
    t = np.arange(int(seconds * 16000)) / 16000
    noise = np.random.default_rng(5).normal(size=t.size)
    x = 0.3 * np.sin(2 * np.pi * (200 + 900 * t) * t) + 0.1 * np.sin(2 * np.pi * 3100 * t) + 0.05 * noise * (t % 0.4 < 0.1)
    x[t > 0.9 * seconds] = 0
    return x.astype(np.float16).astype(np.float32)


def main():
    (HERE / "audio").mkdir(exist_ok=True)
    x = sound(1.13)
    kept = np.array([0, 1, 17, 40, 55, 80, 100, 101, 113, 150, 199])
    tensors = {"sound": x.astype(np.float16), "frames": kept}
    for bands in (80, 128):
        extractor = WhisperFeatureExtractor(feature_size=bands, chunk_length=2)
        piece = np.pad(x, (0, extractor.n_samples - x.size))
        features = extractor._np_extract_fbank_features([piece], "cpu")[0].T
        tensors[f"features.{bands}"] = np.ascontiguousarray(features[kept], dtype=np.float32)
    save_file(tensors, HERE / "audio" / "log_mel.safetensors")


if __name__ == "__main__":
    main()
