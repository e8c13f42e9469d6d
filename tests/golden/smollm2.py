#!/usr/bin/env python3
"""Makes tests/golden/smollm2/expected.json: greedy continuations of SmolLM2-135M-Instruct (Q4_1), by llama.cpp and in float32.

    sh examples/models/fetch.sh smollm2
    python tests/golden/smollm2.py

Needs torch, transformers, accelerate, gguf, numpy, llama-cpp-python. One thread, CPU, no sampling. `llama_cpp` computes as it does by
default (quantised products, float16 cache); `float32` is transformers on the dequantised weights, whose unpacking is
checked against gguf_files.py. `gaps` are the distances of the two best logits at each step, `agree` counts the tokens
before the two continuations part.
"""
import hashlib, json, pathlib, re

import gguf, llama_cpp, numpy as np, torch, transformers
from transformers import AutoModelForCausalLM

import gguf_files

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE.parents[1] / "examples/models/downloads/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
NEW_TOKENS, CONTEXT = 64, 512
SYSTEM = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"


def chat(question):
    return f"{SYSTEM}<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"


PROMPTS = [
    "Once upon a time, in a village by the sea,",
    "The three laws of thermodynamics are",
    "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n",
    "In 1815, after the Battle of Waterloo, Napoleon",
    chat("Why is the sky blue? Explain it to a child."),
    chat("Write a short poem about a lighthouse keeper and the storm."),
    chat("List five things one should pack for a week of hiking in the mountains, with a reason for each."),
    chat("Explain how a refrigerator works, step by step."),
]


def best(logits):
    """The greedy choice and the distance to the second."""
    second, first = np.sort(logits[np.argpartition(logits, -2)[-2:]])
    return int(logits.argmax()), round(float(first - second), 4)


def continue_with_llama_cpp(model, ids):
    model.reset()
    model.eval(ids)
    new, gaps = [], []
    while True:
        token, gap = best(np.array(model.scores[model.n_tokens - 1]))
        new.append(token)
        gaps.append(gap)
        if len(new) == NEW_TOKENS:
            return dict(ids=new, gaps=gaps)
        model.eval([token])


def continue_in_float32(model, ids):
    new, gaps, cache, feed = [], [], None, ids
    while len(new) < NEW_TOKENS:
        with torch.no_grad():
            out = model(torch.tensor([feed]), past_key_values=cache, use_cache=True)
        token, gap = best(out.logits[0, -1].numpy())
        new.append(token)
        gaps.append(gap)
        cache, feed = out.past_key_values, [token]
    return dict(ids=new, gaps=gaps)


def check_unpacking(model):
    """transformers and gguf_files.py must read the same weights (block formats, order of the rows of q and k)."""
    theirs = {name: t.clone() for name, t in model.state_dict().items()}
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
    gguf_files.read_weights(FILE, model)
    for name, t in model.state_dict().items():
        assert torch.equal(t, theirs[name]), name


def main():
    torch.set_num_threads(1)
    data = FILE.read_bytes()
    reference = AutoModelForCausalLM.from_pretrained(FILE.parent, gguf_file=FILE.name, dtype=torch.float32, attn_implementation="eager").eval()
    check_unpacking(reference)
    runner = llama_cpp.Llama(str(FILE), n_ctx=CONTEXT, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False)
    prompts = []
    for text in PROMPTS:
        ids = runner.tokenize(text.encode(), add_bos=False, special=True)
        entry = dict(text=text, ids=ids, float32=continue_in_float32(reference, ids), llama_cpp=continue_with_llama_cpp(runner, ids))
        pairs = list(zip(entry["float32"]["ids"], entry["llama_cpp"]["ids"]))
        entry["agree"] = next((i for i, (a, b) in enumerate(pairs) if a != b), NEW_TOKENS)
        assert runner.token_eos() not in entry["float32"]["ids"] + entry["llama_cpp"]["ids"], f"ends early: {text!r}"
        print(entry["agree"], runner.detokenize(entry["llama_cpp"]["ids"]).decode(errors="replace").replace("\n", "\\n"), flush=True)
        prompts.append(entry)
    result = dict(
        about=__doc__.split("\n\n")[-1].replace("\n", " ").strip(),
        file=dict(name=FILE.name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest()),
        versions=dict(llama_cpp_python=llama_cpp.__version__, transformers=transformers.__version__, torch=torch.__version__.split("+")[0],
                      llama_cpp_features=llama_cpp.llama_print_system_info().decode()),
        new_tokens=NEW_TOKENS, agree=sum(p["agree"] for p in prompts), prompts=prompts)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    text = re.sub(r"\[[^][{}\"]*\]", lambda m: " ".join(m.group().split()), text)     # number lists on one line
    (HERE / "smollm2").mkdir(exist_ok=True)
    (HERE / "smollm2/expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
