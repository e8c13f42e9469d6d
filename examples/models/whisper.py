#!/usr/bin/env python3
"""Turns a Whisper model from CTranslate2's model.bin into the files of a Hugging Face directory; the weights stay as they are.

    python whisper.py FROM TO

FROM holds config.json, tokenizer.json and model.bin, which may be cut into model.bin.part1, model.bin.part2 …; TO gets
config.json, generation_config.json, preprocessor_config.json, tokenizer.json and model.safetensors. Needs Python alone.
"""
import json
import pathlib
import re
import struct
import sys

TYPES = {0: ("F32", 4), 4: ("F16", 2)}  # by CTranslate2's number: name and bytes in safetensors
NORMS = {"beta": "bias", "gamma": "weight"}
SUBLAYERS = {"self_attention": "self_attn", "attention": "encoder_attn", "ffn": ""}
PARTS = {"self_attn": [["q_proj", "k_proj", "v_proj"], ["out_proj"]],       # what stands in each linear map, row after row
         "encoder_attn": [["q_proj"], ["k_proj", "v_proj"], ["out_proj"]],
         "": [["fc1"], ["fc2"]]}
NORM_OF = {"self_attn": "self_attn_layer_norm", "encoder_attn": "encoder_attn_layer_norm", "": "final_layer_norm"}


class Reader:
    """Little-endian numbers and strings, one after the other."""

    def __init__(self, data):
        self.data, self.at = memoryview(data), 0

    def take(self, size):
        if size > len(self.data) - self.at:
            raise SystemExit("whisper.py: model.bin ends too early")
        self.at += size
        return self.data[self.at - size:self.at]

    def numbers(self, kind, count=1):
        return struct.unpack(f"<{count}{kind}", self.take(struct.calcsize(f"<{count}{kind}")))

    def text(self):
        return bytes(self.take(self.numbers("H")[0])).rstrip(b"\0").decode()


def read_model(data):
    """name → (shape, number of the type, bytes)."""
    file = Reader(data)
    version, name, revision = file.numbers("I")[0], file.text(), file.numbers("I")[0]
    if (version, name, revision) != (6, "WhisperSpec", 3):
        raise SystemExit(f"whisper.py: knows WhisperSpec 3 in format 6, found {name} {revision} in format {version}")
    variables = {}
    for _ in range(file.numbers("I")[0]):
        name, rank = file.text(), file.numbers("B")[0]
        shape, kind, size = file.numbers("I", rank), file.numbers("B")[0], file.numbers("I")[0]
        variables[name] = (shape, kind, file.take(size))
    return variables


def pieces(name, shape):
    """The tensors, as Hugging Face names them, that one variable holds, row after row."""
    side, *path = name.split("/")
    at, last = f"model.{side}.", path[-1]
    if path[0] == "embeddings":
        return [at + "embed_tokens.weight"]
    if path[0] == "position_encodings":
        return [at + "embed_positions.weight"]
    if path[0].startswith("conv"):
        return [at + ".".join(path)]
    if path[0] == "layer_norm":
        return [at + "layer_norm." + NORMS[last]]
    part = SUBLAYERS[path[1]]
    at += f"layers.{path[0].removeprefix('layer_')}."
    if path[2] == "layer_norm":
        return [f"{at}{NORM_OF[part]}.{NORMS[last]}"]
    dot = "." if part else ""
    return [f"{at}{part}{dot}{map_name}.{last}" for map_name in PARTS[part][int(path[2].removeprefix("linear_"))]]


def tensors_of(variables):
    """name → (shape, type, bytes); keys have no bias in the model, and zeros for one in this format."""
    tensors = {}
    for name, (shape, kind, data) in variables.items():
        if not shape:   # an option
            continue
        names = pieces(name, shape)
        rows, size = shape[0] // len(names), len(data) // len(names)
        for i, part in enumerate(names):
            if not part.endswith("k_proj.bias"):
                tensors[part] = ((rows, *shape[1:]), TYPES[kind][0], data[i * size:(i + 1) * size])
    return tensors


def write_safetensors(path, tensors):
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, (shape, kind, data) in sorted(tensors.items()):
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, (_, _, data) in sorted(tensors.items()):
            file.write(data)


def config_of(variables, tensors, end, start):
    def count(side):
        return len({name.split("/")[1] for name in variables if re.match(side + r"/layer_\d+/", name)})

    def number(name):
        return struct.unpack("<h", variables[name][2])[0]

    shape = {name: tensors["model." + name][0] for name in
             ("decoder.embed_tokens.weight", "decoder.embed_positions.weight", "encoder.embed_positions.weight", "encoder.conv1.weight",
              "encoder.layers.0.fc1.weight", "decoder.layers.0.fc1.weight")}
    vocabulary, width = shape["decoder.embed_tokens.weight"]
    return {"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "activation_function": "gelu",
            "is_encoder_decoder": True, "vocab_size": vocabulary, "d_model": width,
            "num_mel_bins": shape["encoder.conv1.weight"][1],
            "max_source_positions": shape["encoder.embed_positions.weight"][0],
            "max_target_positions": shape["decoder.embed_positions.weight"][0],
            "encoder_layers": count("encoder"), "encoder_attention_heads": number("encoder/num_heads"),
            "encoder_ffn_dim": shape["encoder.layers.0.fc1.weight"][0],
            "decoder_layers": count("decoder"), "decoder_attention_heads": number("decoder/num_heads"),
            "decoder_ffn_dim": shape["decoder.layers.0.fc1.weight"][0],
            "decoder_start_token_id": start, "bos_token_id": end, "eos_token_id": end, "pad_token_id": end,
            "scale_embedding": False, "tie_word_embeddings": True, "torch_dtype": "float16"}


def generation_of(options, ids, length):
    languages = {name: id for name, id in ids.items() if id in set(options["lang_ids"])}
    end = ids["<|endoftext|>"]
    return {"decoder_start_token_id": ids["<|startoftranscript|>"], "bos_token_id": end, "eos_token_id": end, "pad_token_id": end,
            "is_multilingual": bool(languages), "lang_to_id": languages,
            "task_to_id": {"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
            "no_timestamps_token_id": ids["<|notimestamps|>"], "prev_sot_token_id": ids["<|startofprev|>"],
            "max_initial_timestamp_index": 50, "max_length": length, "suppress_tokens": options["suppress_ids"],
            "begin_suppress_tokens": options["suppress_ids_begin"], "alignment_heads": options["alignment_heads"]}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def main(source, target):
    parts = sorted(source.glob("model.bin.part*")) or [source / "model.bin"]
    variables = read_model(b"".join(part.read_bytes() for part in parts))
    tensors = tensors_of(variables)
    options = json.loads((source / "config.json").read_text(encoding="utf-8"))
    words = (source / "tokenizer.json").read_text(encoding="utf-8")
    ids = {token["content"]: token["id"] for token in json.loads(words)["added_tokens"]}
    config = config_of(variables, tensors, ids["<|endoftext|>"], ids["<|startoftranscript|>"])
    target.mkdir(parents=True, exist_ok=True)
    write_safetensors(target / "model.safetensors", tensors)
    write_json(target / "config.json", config)
    write_json(target / "generation_config.json", generation_of(options, ids, config["max_target_positions"]))
    write_json(target / "preprocessor_config.json",
               {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": config["num_mel_bins"], "sampling_rate": 16000,
                "n_fft": 400, "hop_length": 160, "chunk_length": 30, "padding_side": "right", "padding_value": 0.0})
    (target / "tokenizer.json").write_text(words, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
