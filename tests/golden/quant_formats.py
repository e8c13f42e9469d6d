"""Writes tests/golden/quant/formats.safetensors: blocks of every quantised format and their values as gguf-py decodes them.

Needs gguf, numpy and safetensors. Run from the root of the repository.
"""

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import quants
from safetensors.numpy import save_file

# Format -> byte offsets of its binary16 scales; of the last one the scales are bytes.
FORMATS = {
    T.Q4_0: [0],
    T.Q4_1: [0, 2],
    T.Q5_0: [0],
    T.Q5_1: [0, 2],
    T.Q8_0: [0],
    T.Q4_K: [0, 2],
    T.Q5_K: [0, 2],
    T.Q6_K: [208],
    T.IQ4_NL: [0],
    T.MXFP4: [],
}
# Normal, negative, sub-normal and largest scales.
SCALES = [0.0123, -0.75, 3.0e-6, 6.0e-8, 65504.0, 0.0]


def blocks_of(kind, rng):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    count = 8 if elements == 32 else 3
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    blocks[count - 2] = 0x00
    blocks[count - 1] = 0xFF
    for b in range(count):
        for i, at in enumerate(FORMATS[kind]):
            scale = np.float16(SCALES[(b + 2 * i) % len(SCALES)])
            blocks[b, at : at + 2] = np.frombuffer(scale.tobytes(), dtype=np.uint8)
    if kind == T.MXFP4:
        blocks[:, 0] = [0, 1, 2, 127, 128, 200, 254, 255]
    return blocks


def main():
    rng = np.random.default_rng(20)
    tensors = {}
    for kind in FORMATS:
        blocks = blocks_of(kind, rng)
        try:  # what a real weight looks like, where gguf-py can make it
            elements = gguf.GGML_QUANT_SIZES[kind][0]
            real = quants.quantize(rng.standard_normal((1, 2 * elements), dtype=np.float32), kind)
            blocks = np.concatenate([blocks, real.reshape(-1, blocks.shape[1])])
        except NotImplementedError:
            pass
        values = quants.dequantize(blocks.reshape(-1), kind)
        name = kind.name.lower()
        tensors[name + ".blocks"] = blocks
        tensors[name + ".values"] = values.astype(np.float32).reshape(-1)
    save_file(tensors, "tests/golden/quant/formats.safetensors")


main()
