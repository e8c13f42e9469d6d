#!/usr/bin/env python3
"""Makes the small tokenizers of tests/golden/text/ and what the `tokenizers` library answers for hard strings.

    pip install tokenizers && python3 tests/golden/text_tokenizers.py

NAME.json is a tokenizer.json, NAME.expected.json a list of [text, ids, text again, text again without special tokens].
"""
import json
import pathlib

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = pathlib.Path(__file__).resolve().parent / "text"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
QWEN3_5 = QWEN2.replace(r"?\p{L}+", r"?[\p{L}\p{M}]+").replace(r"[^\s\p{L}\p{N}]+[", r"[^\s\p{L}\p{M}\p{N}]+[")
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)"
          r"|\s+")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK3 = [r"\p{N}{1,3}", r"[一-龥぀-ゟ゠-ヿ]+",
             r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
             r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"]

CORPUS = """It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a
wife. However little known the feelings or views of such a man may be on his first entering a neighbourhood, this truth is so
well fixed in the minds of the surrounding families, that he is considered as the rightful property of some one or other of
their daughters. "My dear Mr. Bennet," said his lady to him one day, "have you heard that Netherfield Park is let at last?"
I don't, you're, WE'LL, they've, I'm, she'd, it's. The year 2024 had 366 days; 3.14159, 1,000,000.
def main():\n    for i in range(10):\n        print(i, "hello world")\n    return 0
Größe, naïve café, Übermut. Привет, мир. Это проверка. Γειά σου Κόσμε. שלום עולם. مرحبا بالعالم. नमस्ते दुनिया. 你好，世界。
こんにちは世界。안녕하세요 세계. สวัสดีชาวโลก 🙂🎉👩‍👩‍👧‍👦 ½ ² Ⅳ ﬁ Å
""".split("\n") * 4

STRINGS = [
    "", " ", "  ", "   \n", "\n", "\n\n\n", "\t \t", "\r\n", "a", " a", "a ", "  a  b   c    ", "Hello, world!", "Hello\n\nworld \n x",
    "don't DON'T Don'T we'll WE'LL they've I'M 're 'S 'ſ x'ſ it'S'", "''s'' 'll'd 'veve", "1234567890 12 3,456.78 ½²Ⅳ ٣٤٥ 一二三 १२३",
    "👩‍👩‍👧‍👦 🇫🇷 🏳️‍🌈 🙂🙂", "e\u0301 a\u0308\u0323 \u0323\u0308a क्षि নমস্কার ท้องฟ้า", "é è Å Å ﬁ ① ㌔ ｶﾞ", "你好，世界。これはテスト です。안녕 하세요 가나다",
    "שלום עולם مرحبا بالعالم ۱۲۳", "a\u00a0b\u3000c\u2028d\u2029e\u2003f\u200bg\u202fh\u0085i\u1680j\ufeffk", "x\u00a0\u00a0y \u3000 z",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "=" * 70, "#include <vector>\nint main() { return x[3] != 0; } // ok\n\n\n",
    "<s>Hello</s> <s> x", "a<|im_start|>user\nhi<|im_end|>\n", "pre  <strip>  post<strip>", "word word-word wordword word, xword", "Ünïcödé ǅ ŉ ß ẞ İ ı",
    "▁already▁marked ▁", "<0x41><0x0A> <0xZZ>", "\x00\x01\x7f control \u0600 \ue000 \U000e0001 \U0010ffff", "LATE EARLY late <s", "ǆ ǈ 𝒜𝔸 𐐀𐐨 ㎏ ℵ ª º",
    "tab\tand  two\t\ttabs \t mixed\t ", " leading and trailing ", "end with newline\n", "mixed\r\nline\rends\n\r\n", "https://example.org/a?b=c&d=%20#e_f-g",
]


def byte_level(split=None, normalizer=None, **model):
    t = Tokenizer(models.BPE(**model))
    t.normalizer = normalizer
    parts = [pre_tokenizers.Split(Regex(p), "isolated") for p in split or []]
    parts.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not split))
    t.pre_tokenizer = pre_tokenizers.Sequence(parts) if len(parts) > 1 else parts[0]
    t.decoder = decoders.ByteLevel()
    return t


def train(t, size=600, special=(), **options):
    alphabet = pre_tokenizers.ByteLevel.alphabet() if "ByteLevel" in str(t.pre_tokenizer) else []
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), show_progress=False,
                                                      initial_alphabet=alphabet, **options))
    return t


def gpt2():
    t = train(byte_level(), special=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    t.add_tokens([AddedToken("word", single_word=True, normalized=False), AddedToken("<strip>", lstrip=True, rstrip=True)])
    return t


def gpt2_prefix():
    t = byte_level()
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    t = train(t, special=["<s>", "</s>"])
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    return t


def llama3():
    t = train(byte_level([LLAMA3], ignore_merges=True), special=["<|begin_of_text|>", "<|im_start|>"])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1", special_tokens=[("<|begin_of_text|>", 0)])])
    return t


def qwen2():
    t = train(byte_level([QWEN2], normalizers.NFC()), special=[])
    t.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return t


def smollm():
    t = byte_level()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return train(t, special=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def sentencepiece(pre_tokenizer=None, normalizer=None, decoder=None, fallback=True, size=520, **model):
    special = ["<unk>", "<s>", "</s>"]
    if fallback:
        special += [f"<0x{b:02X}>" for b in range(256)]
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=fallback, **model))
    t.normalizer, t.pre_tokenizer = normalizer, pre_tokenizer or pre_tokenizers.Metaspace(prepend_scheme="always")
    train(t, size=size, special=special, limit_alphabet=80)
    data = json.loads(t.to_str())
    data["added_tokens"] = data["added_tokens"][:3]  # the byte pieces are no added tokens
    for piece in data["added_tokens"]:
        piece["special"] = piece["content"] != "<unk>" or fallback
    if pre_tokenizer is None:
        data["pre_tokenizer"] = None
    t = Tokenizer.from_str(json.dumps(data))
    t.decoder = decoder
    return t


def llama2():
    """Legacy: a space in front of every stretch of text, no pre-tokenizer."""
    t = sentencepiece(normalizer=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
                      decoder=decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                                 decoders.Strip(" ", 1, 0)]))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return t


def metaspace_first():
    t = sentencepiece(pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
                      decoder=decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                                 decoders.Strip(" ", 1, 0)]))
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A $B", special_tokens=[("<s>", 1), ("</s>", 2)])
    return t


def metaspace_always():
    t = sentencepiece(pre_tokenizers.Metaspace(prepend_scheme="always"), normalizers.NFKC(), decoders.Metaspace(), fallback=False,
                      size=260)
    t.add_tokens([AddedToken("Word", normalized=True, single_word=True), AddedToken("ﬁ", normalized=True)])
    return t


def gemma():
    """Spaces are replaced and nothing is put in front; long runs of spaces and newlines are tokens."""
    t = sentencepiece(pre_tokenizers.Split(" ", "merged_with_previous"), normalizers.Replace(" ", "▁"),
                      decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]))
    t.add_tokens([AddedToken("\n" * n, normalized=False) for n in range(1, 8)] + [AddedToken("▁" * n, normalized=False) for n in range(2, 8)])
    t.add_special_tokens(["<start_of_turn>", "<end_of_turn>", "<strip>"])
    return t


def odd():
    """Whatever the others leave out: affixes, Lowercase, Strip, Replace by expression, Punctuation, tokens in normalised text."""
    t = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.NFD(), normalizers.Lowercase(),
                                         normalizers.Replace(Regex(r"\s{2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("contiguous"),
                                               pre_tokenizers.Digits()])
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=["<unk>"], show_progress=False, limit_alphabet=60,
                                                      continuing_subword_prefix="##", end_of_word_suffix="</w>"))
    t.add_tokens([AddedToken("LATE", normalized=True), AddedToken("EARLY", normalized=False), AddedToken("word", single_word=True)])
    return t


def words():
    t = Tokenizer(models.WordLevel({"<unk>": 0, "word": 1, "Hello": 2, "a": 3, ",": 4, "1": 5}, unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("."), "isolated")])
    t.decoder = decoders.Fuse()
    return t


def splits(patterns, behavior="isolated", invert=False):
    t = byte_level(patterns)
    if behavior != "isolated":
        t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(p), behavior, invert) for p in patterns] +
                                                  [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    return train(t, size=400)


STYLES = {
    "gpt2": gpt2, "gpt2-prefix": gpt2_prefix, "llama3": llama3, "qwen2": qwen2, "smollm": smollm, "llama2": llama2,
    "metaspace-first": metaspace_first, "metaspace-always": metaspace_always, "gemma": gemma, "odd": odd, "words": words,
    "qwen3_5": lambda: splits([QWEN3_5]), "cl100k": lambda: splits([CL100K]), "o200k": lambda: splits([O200K]),
    "deepseek3": lambda: splits(DEEPSEEK3), "removed": lambda: splits([r"\s+"], "removed"),
    "inverted": lambda: splits([r"\p{L}+|\p{N}"], "removed", True), "next": lambda: splits([r"\s|[aeiou]"], "merged_with_next"),
    "previous": lambda: splits([r"\s|[aeiou]"], "merged_with_previous"), "contiguous": lambda: splits([r"\s|[aeiou]"], "contiguous"),
    "lookahead": lambda: splits([r"(?=(\d{3})+(?!\d))|^[ab]+|x$|[^\S\n]+(?:bc?)*"]),
}


def expected(t):
    rows = []
    for s in STRINGS:
        ids = t.encode(s).ids
        rows.append([s, ids, t.decode(ids, skip_special_tokens=False), t.decode(ids, skip_special_tokens=True)])
    return rows


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, make in STYLES.items():
        t = make()
        (FOLDER / f"{name}.json").write_text(json.dumps(json.loads(t.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n")
        rows = ",\n".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in expected(t))
        (FOLDER / f"{name}.expected.json").write_text(f"[\n{rows}\n]\n")
        print(name, t.get_vocab_size())


if __name__ == "__main__":
    main()
