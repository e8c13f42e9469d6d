#!/usr/bin/env python3
"""Measures Tessera's `generate` beside llama.cpp on the same GGUF file: prefill and decode, outputs compared first.

    sh benchmarks/peers/run.sh [--model FILE.gguf] [--threads 1 2] [--prompts 128 512] [--tokens 64] [--pairs 7] [--json FILE]

Every run is a process of its own. The two programs take turns, in changing order, and each pair gives one ratio, so that
whatever else the machine does falls on both. llama.cpp gets a warm-up pass (--cold: none), Tessera is taken as it comes.
Needs llama-cpp-python.
"""
import argparse, json, pathlib, statistics, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMOLLM2 = ROOT / "examples/models/downloads/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
RATES = ("prompt_tokens_per_s", "decode_tokens_per_s")
STORY = ROOT / "examples/models/austen/held-out.txt"


# --- llama.cpp, in a process of its own

def silence(l):
    silence.callback = l.llama_log_callback(lambda level, text, data: None)     # llama.cpp keeps a bare pointer to it
    l.llama_log_set(silence.callback, None)


def llama_cpp_decode(l, context, tokens):
    """Logits of the last token are computed, as for generation; returns the greedy choice."""
    import numpy as np
    array = (l.llama_token * len(tokens))(*tokens)      # must outlive the call: the batch only points at it
    if l.llama_decode(context, l.llama_batch_get_one(array, len(tokens))) != 0:
        raise SystemExit("llama.cpp could not decode")
    vocabulary = l.llama_model_get_vocab(l.llama_get_model(context))
    logits = np.ctypeslib.as_array(l.llama_get_logits_ith(context, -1), (l.llama_vocab_n_tokens(vocabulary),))
    return int(logits.argmax())


def llama_cpp_run(model, prompt, tokens, threads, warm):
    """One prefill and `tokens` - 1 decode steps, timed apart."""
    import llama_cpp as l
    silence(l)
    start = time.perf_counter()
    runner = l.Llama(str(model), n_ctx=1024, n_batch=512, n_ubatch=512, n_threads=threads, n_threads_batch=threads, verbose=False)
    load = time.perf_counter() - start
    context = runner._ctx.ctx
    ids = runner.tokenize(prompt.encode(), add_bos=False, special=True)
    if warm:
        llama_cpp_decode(l, context, ids)
        llama_cpp_decode(l, context, ids[:1])
        l.llama_memory_clear(l.llama_get_memory(context), True)
    start = time.perf_counter()
    new = [llama_cpp_decode(l, context, ids)]
    prefill = time.perf_counter() - start
    while len(new) < tokens and new[-1] != runner.token_eos():
        new.append(llama_cpp_decode(l, context, new[-1:]))
    decode = time.perf_counter() - start - prefill
    return dict(ids=[t for t in new if t != runner.token_eos()], load_s=load, prompt_tokens=len(ids), prompt_tokens_per_s=len(ids) / prefill,
                decode_tokens=len(new) - 1, decode_tokens_per_s=(len(new) - 1) / decode if len(new) > 1 else 0.0)


def prompt_of(model, length):
    """Prose that is exactly `length` tokens in the model's own vocabulary."""
    import llama_cpp as l
    silence(l)
    runner = l.Llama(str(model), vocab_only=True, verbose=False)
    text = " ".join(STORY.read_text().split())
    ids = runner.tokenize(text.encode(), add_bos=False)
    for extra in range(32):     # some cuts tokenise differently when read again
        prompt = runner.detokenize(ids[: length + extra]).decode(errors="ignore").strip()
        if len(runner.tokenize(prompt.encode(), add_bos=False)) == length:
            return prompt
    raise SystemExit(f"found no prompt of {length} tokens")


# --- the two sides as the comparison sees them

def in_own_process(task, **arguments):
    done = subprocess.run([sys.executable, __file__, "--child", json.dumps(dict(task=task, **arguments))], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"llama.cpp's side failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def tessera_run(generate, model, prompt, tokens, threads):
    with tempfile.NamedTemporaryFile(suffix=".json") as stats:
        command = [str(generate), str(model), "--ids", "--greedy", "--max-tokens", str(tokens), "--threads", str(threads),
                   "--stats", stats.name, "--prompt", prompt]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"generate failed: {done.stderr}")
        return dict(json.load(open(stats.name)), ids=[int(t) for t in done.stdout.split()])


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def spread(values, form):
    low, middle, high = quartiles(values)
    return f"{middle:{form}} ({low:{form}} – {high:{form}})"


def compare_outputs(ours, theirs, length):
    if ours["prompt_tokens"] != theirs["prompt_tokens"]:
        sys.exit(f"the prompts differ: {ours['prompt_tokens']} tokens here, {theirs['prompt_tokens']} in llama.cpp")
    same = next((i for i, (a, b) in enumerate(zip(ours["ids"], theirs["ids"])) if a != b), min(len(ours["ids"]), len(theirs["ids"])))
    print(f"prompt of {length}: the first {same} of {len(theirs['ids'])} greedy tokens are the same")


def measure(arguments, prompt, threads):
    """Pairs of runs that take turns; the order changes with every pair."""
    sides = dict(llama_cpp=lambda: in_own_process("run", model=str(arguments.model), prompt=prompt, tokens=arguments.tokens,
                                                  threads=threads, warm=not arguments.cold))
    if arguments.generate.exists():
        sides["tessera"] = lambda: tessera_run(arguments.generate, arguments.model, prompt, arguments.tokens, threads)
    runs = {name: [] for name in sides}
    for pair in range(arguments.pairs):
        for name in sorted(sides, reverse=pair % 2 == 1):
            runs[name].append(sides[name]())
    return runs


def report(length, threads, runs):
    for rate in RATES:
        what = f"prefill {length}" if rate.startswith("prompt") else f"decode after {length}"
        values = {name: [run[rate] for run in side] for name, side in runs.items()}
        cells = [f"{what:18}", f"{threads:7}", spread(values["llama_cpp"], ".1f")]
        if "tessera" in values:
            ratios = [a / b for a, b in zip(values["tessera"], values["llama_cpp"])]
            cells += [spread(values["tessera"], ".1f"), spread(ratios, ".2f")]
        print("| " + " | ".join(cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, default=SMOLLM2)
    parser.add_argument("--generate", type=pathlib.Path, default=ROOT / "build/examples/generate")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--prompts", type=int, nargs="+", default=[128, 512], help="lengths in tokens")
    parser.add_argument("--tokens", type=int, default=64, help="to generate after each prompt")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--cold", action="store_true", help="no warm-up pass for llama.cpp")
    parser.add_argument("--json", type=pathlib.Path, help="write every run to this file")
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if child := arguments.child:
        task = dict(run=llama_cpp_run, prompt=prompt_of)[child.pop("task")]
        return print(json.dumps(task(**child)))
    prompts = {length: in_own_process("prompt", model=str(arguments.model), length=length) for length in arguments.prompts}
    everything = []
    both = arguments.generate.exists()
    if not both:
        print(f"{arguments.generate} is not there (sh examples/run.sh builds it): llama.cpp is measured alone", file=sys.stderr)
    print(f"{arguments.model.name}, {arguments.pairs} pairs, tokens/s as median (quartiles)\n")
    for length, prompt in prompts.items() if both else ():
        theirs = in_own_process("run", model=str(arguments.model), prompt=prompt, tokens=arguments.tokens, threads=1, warm=False)
        compare_outputs(tessera_run(arguments.generate, arguments.model, prompt, arguments.tokens, 1), theirs, length)
    print("\n| what | threads | llama.cpp |" + (" Tessera | ratio |" if both else ""))
    print("| --- | --- | --- |" + (" --- | --- |" if both else ""))
    for threads in arguments.threads:
        for length, prompt in prompts.items():
            runs = measure(arguments, prompt, threads)
            report(length, threads, runs)
            everything.append(dict(threads=threads, prompt_tokens=length, runs=runs))
    if arguments.json:
        arguments.json.write_text(json.dumps(dict(model=arguments.model.name, results=everything), indent=1) + "\n")


if __name__ == "__main__":
    main()
