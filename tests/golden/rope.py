"""Writes tests/position/rope_cases.hpp: frequencies of rotary positions as transformers computes them.

    python tests/golden/rope.py > tests/position/rope_cases.hpp
"""
import torch
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS


def short(n):
    return [1.0 + 0.03 * i for i in range(n)]


def long(n):
    return [2.0 + 0.25 * i for i in range(n)]


# name, head_dim, theta, length of max_position_embeddings, rope parameters, planned length, C++ options beyond dim and theta
CASES = [
    ("linear by 8", 64, 10000.0, 2048, {"rope_type": "linear", "factor": 8.0}, None, ".factor = 8.0"),
    ("linear by 2.5, odd width", 20, 500.0, 64, {"rope_type": "linear", "factor": 2.5}, None, ".factor = 2.5"),
    ("dynamic within the original length", 32, 10000.0, 512, {"rope_type": "dynamic", "factor": 4.0}, None,
     ".factor = 4.0, .original_length = 512"),
    ("dynamic beyond it", 32, 10000.0, 512, {"rope_type": "dynamic", "factor": 4.0}, 3000,
     ".factor = 4.0, .original_length = 512, .planned_length = 3000"),
    ("yarn by 4", 64, 1000000.0, 32768, {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8192}, None,
     ".factor = 4.0, .original_length = 8192"),
    ("yarn, untruncated, other betas", 64, 150000.0, 131072,
     {"rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096, "beta_fast": 24.0, "beta_slow": 2.0,
      "truncate": False}, None,
     ".factor = 32.0, .original_length = 4096, .beta_fast = 24.0, .beta_slow = 2.0, .truncate = false"),
    ("yarn with mscale", 64, 10000.0, 163840,
     {"rope_type": "yarn", "factor": 40.0, "original_max_position_embeddings": 4096, "mscale": 1.0, "mscale_all_dim": 0.8},
     None, ".factor = 40.0, .original_length = 4096, .mscale = 1.0, .mscale_all_dim = 0.8"),
    ("yarn with a given attention factor", 16, 10000.0, 512,
     {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 64, "attention_factor": 0.75}, None,
     ".factor = 8.0, .original_length = 64, .attention_factor = 0.75"),
    ("llama3", 128, 500000.0, 131072,
     {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 8192}, None, ".factor = 8.0, .original_length = 8192"),
    ("llama3, other ends", 64, 500000.0, 131072,
     {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 2.0, "high_freq_factor": 3.0,
      "original_max_position_embeddings": 1024}, None,
     ".factor = 32.0, .original_length = 1024, .low_frequency = 2.0, .high_frequency = 3.0"),
    ("longrope, short", 16, 10000.0, 4096,
     {"rope_type": "longrope", "short_factor": short(8), "long_factor": long(8), "original_max_position_embeddings": 1024},
     1024, ".factor = 4.0, .original_length = 1024, .planned_length = 1024"),
    ("longrope, long", 16, 10000.0, 4096,
     {"rope_type": "longrope", "short_factor": short(8), "long_factor": long(8), "original_max_position_embeddings": 1024},
     1025, ".factor = 4.0, .original_length = 1024, .planned_length = 1025"),
    ("proportional", 64, 10000.0, 4096, {"rope_type": "proportional", "partial_rotary_factor": 0.25, "factor": 2.0}, None,
     ".factor = 2.0, .turning = 16"),
]


def main():
    print("// Made by tests/golden/rope.py with transformers; what each case must give.\n#pragma once\n")
    print('#include <vector>\n\n#include "tessera/position/rope_scaling.hpp"\n')
    print("struct rope_case {\n    const char* name;\n    tessera::position::rope_options options;\n"
          "    float attention_factor;\n    std::vector<float> frequencies;\n};\n")
    print("// clang-format off\ninline const std::vector<rope_case> rope_cases = {")
    for name, dim, theta, length, parameters, planned, options in CASES:
        config = LlamaConfig(hidden_size=4 * dim, num_attention_heads=4, head_dim=dim, max_position_embeddings=length,
                             rope_parameters={"rope_theta": theta, **parameters})
        kind = parameters["rope_type"]
        frequencies, factor = ROPE_INIT_FUNCTIONS[kind](config, torch.device("cpu"), seq_len=planned)
        if kind == "longrope":
            n = dim // 2
            options += ", .short_factors = {%s}, .long_factors = {%s}" % tuple(
                ", ".join("%.2ff" % x for x in f(n)) for f in (short, long))
        print('    {"%s",\n     {.dim = %d, .theta = %r, .scaling = tessera::position::rope_scaling::%s, %s},\n     %sf,\n     {%s}},'
              % (name, dim, theta, kind, options, float(factor).hex() if factor != 1 else "1.0",
                 ", ".join("%sf" % float(x).hex() for x in frequencies)))
    print("};\n// clang-format on")


main()
