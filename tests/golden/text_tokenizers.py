#!/usr/bin/env python3
"""Makes the small tokenizers of tests/golden/text/ and what the `tokenizers` library answers for hard strings.

    pip install tokenizers && python3 tests/golden/text_tokenizers.py [--answers] [NAME...]

--answers: of the tokenizers that are there, without training any.
NAME.json is a tokenizer.json, NAME.expected.json a list of [text, ids, text again, text again without special tokens].
NAME.encodings.json, for some, is a list of [first text, second or null, options or null, windows]: options are max_length,
the text that is cut (0: the longest, 1: the first, 2: the second), stride, whether its left is cut, whether special tokens are
added; a window is [ids, types, begin and end of each token in bytes of its text, texts (-1: added), words (-1: added)].
"""
import json
import pathlib
import sys

from charsmap import charsmap
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

PROSE = pathlib.Path(__file__).resolve().parents[2] / "examples/models/austen/held-out.txt"
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


def wordpieces(normalizer, pre_tokenizer, cleanup=True):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = normalizer, pre_tokenizer
    t.train_from_iterator(prose(), trainers.WordPieceTrainer(vocab_size=700, limit_alphabet=90, show_progress=False,
                                                             special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    t.decoder = decoders.WordPiece(cleanup=cleanup)
    return t


def bert():
    t = wordpieces(normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer())
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
                                                     special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t


def bert_cased():
    t = wordpieces(normalizers.BertNormalizer(lowercase=False, strip_accents=True, handle_chinese_chars=False),
                   pre_tokenizers.BertPreTokenizer(), cleanup=False)
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return t


def delimited():
    t = wordpieces(normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.BertNormalizer(clean_text=False, strip_accents=False)]),
                   pre_tokenizers.Sequence([pre_tokenizers.CharDelimiterSplit(" "), pre_tokenizers.Punctuation(), pre_tokenizers.Digits()]))
    data = json.loads(t.to_str())
    data["model"]["max_input_chars_per_word"] = 12
    return Tokenizer.from_str(json.dumps(data))


def prose():
    return PROSE.read_text()[:40000].split("\n") + CORPUS


# Rules like those of SentencePiece's nmt_nfkc, which has thousands.
RULES = {"e\u0301": "é", "ﬁ": "fi", "½": "1⁄2", "①": "1", "㌔": "キロ", "Å": "Å", "\t": " ", "\n": " ", "\r": " ", "\u00a0": " ",
         "\u3000": " ", "\u200b": "", "\ufeff": "", "\x01": "", "ﷺ": "صلى الله عليه وسلم", "a\u0308": "ä", "a\u0308\u0323": "ạ̈"}


def unigram(*normalizing, fallback=False):
    rules = normalizers.Precompiled(charsmap({k.encode(): v for k, v in RULES.items()}))
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([*normalizing, rules, normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if fallback else [])
    t.train_from_iterator(prose(), trainers.UnigramTrainer(vocab_size=900 if fallback else 600, special_tokens=special, unk_token="<unk>",
                                                           show_progress=False))
    data = json.loads(t.to_str())
    data["model"]["vocab"] = [[piece, round(score, 4)] for piece, score in data["model"]["vocab"]]
    data["model"]["byte_fallback"] = fallback
    data["added_tokens"] = data["added_tokens"][:3]
    return Tokenizer.from_str(json.dumps(data))


def t5():
    t = unigram()
    t.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 2)])
    t.decoder = decoders.Metaspace()
    return t


def albert():
    t = unigram(normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), fallback=True)
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="first")])
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1",
                                                     special_tokens=[("<s>", 1), ("</s>", 2)])
    t.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(), decoders.Fuse()])
    return t


def nmt():
    t = unigram()
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Prepend("▁▁"), normalizers.Strip()])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=False)
    t.decoder = decoders.Metaspace(prepend_scheme="never")
    return t


def roberta():
    t = train(byte_level(), special=["<s>", "<pad>", "</s>", "<unk>"])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    t.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    return t


def byte_normalizer():
    t = train(byte_level(), special=["<s>"])
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.ByteLevel()])
    t.pre_tokenizer = pre_tokenizers.Split("Ġ", "merged_with_next")
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 0)])])
    return t


def clip():
    t = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True)
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=["<unk>", "<s>", "</s>"], limit_alphabet=60,
                                                      end_of_word_suffix="</w>", show_progress=False))
    t.decoder = decoders.BPEDecoder()
    return t


def ctc():
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|"] + list("etaonihsrdlumwcfgypbvk'xjqz")
    t = Tokenizer(models.WordLevel({c: i for i, c in enumerate(letters)}, "<unk>"))
    t.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "|")])
    t.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    t.decoder = decoders.CTC()
    t.add_special_tokens(letters[:4])
    return t


WITH_OFFSETS = ["gpt2", "gpt2-prefix", "llama3", "llama2", "metaspace-first", "odd", "bert", "bert-cased", "t5", "albert", "nmt",
                "roberta", "byte-normalizer"]
STYLES = {
    "gpt2": gpt2, "gpt2-prefix": gpt2_prefix, "llama3": llama3, "qwen2": qwen2, "smollm": smollm, "llama2": llama2,
    "metaspace-first": metaspace_first, "metaspace-always": metaspace_always, "gemma": gemma, "odd": odd, "words": words,
    "qwen3_5": lambda: splits([QWEN3_5]), "cl100k": lambda: splits([CL100K]), "o200k": lambda: splits([O200K]),
    "deepseek3": lambda: splits(DEEPSEEK3), "removed": lambda: splits([r"\s+"], "removed"),
    "inverted": lambda: splits([r"\p{L}+|\p{N}"], "removed", True), "next": lambda: splits([r"\s|[aeiou]"], "merged_with_next"),
    "previous": lambda: splits([r"\s|[aeiou]"], "merged_with_previous"), "contiguous": lambda: splits([r"\s|[aeiou]"], "contiguous"),
    "bert": bert, "bert-cased": bert_cased, "delimited": delimited, "t5": t5, "albert": albert, "nmt": nmt, "roberta": roberta,
    "byte-normalizer": byte_normalizer, "clip": clip, "ctc": ctc,
    "lookahead": lambda: splits([r"(?=(\d{3})+(?!\d))|^[ab]+|x$|[^\S\n]+(?:bc?)*"]),
}


def expected(t):
    rows = []
    for s in STRINGS:
        ids = t.encode(s).ids
        rows.append([s, ids, t.decode(ids, skip_special_tokens=False), t.decode(ids, skip_special_tokens=True)])
    return rows


def window(encoding, texts):
    """Offsets in bytes. What is cut has lost the number of its text, which its type then tells."""
    bytes_to = [[len(t[:i].encode()) for i in range(len(t) + 1)] for t in texts]
    source = [-1 if added else number if number is not None else kind for added, number, kind in
              zip(encoding.special_tokens_mask, encoding.sequence_ids, encoding.type_ids)]
    offsets = [at if s < 0 else bytes_to[s][at] for s, pair in zip(source, encoding.offsets) for at in pair]
    return [encoding.ids, encoding.type_ids, offsets, source, [-1 if w is None else w for w in encoding.word_ids]]


def encodings(t, truncating):
    cases = [(s, None, None) for s in STRINGS]
    cases += [(a, b, None) for a, b in zip(STRINGS[::5], STRINGS[3::5])] + [(STRINGS[11], "", None), ("", "", None)]
    long, short = STRINGS[13] + CORPUS[0], "don't 123"
    if truncating:
        cases += [(long, None, [9, 0, stride, left, True]) for stride in (0, 3) for left in (False, True)]
        pairs = [(long, short, 0), (short, long, 0), (long, long, 0), (long, short, 1), (short, long, 2)]
        cases += [(a, b, [19, which, 0, False, special]) for a, b, which in pairs for special in (True, False)]
        cases += [(short, long, [16, 2, 4, left, True]) for left in (False, True)] + [(long, short, [16, 1, 2, False, True])]
        cases += [(long, long, [17, 0, 1, False, True])]
    rows = []
    for first, second, options in cases:
        t.no_truncation()
        if options is not None:
            t.enable_truncation(options[0], strategy=["longest_first", "only_first", "only_second"][options[1]], stride=options[2],
                                direction="left" if options[3] else "right")
        e = t.encode(first, second, add_special_tokens=options is None or options[4])
        texts = [first] if second is None else [first, second]
        rows.append([first, second, options, [window(w, texts) for w in [e] + (e.overflowing if options and options[2] else [])]])
    t.no_truncation()
    return rows


def write_rows(name, rows):
    lines = ",\n".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in rows)
    (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n")


def main():
    FOLDER.mkdir(exist_ok=True)
    for name in [a for a in sys.argv[1:] if a != "--answers"] or STYLES:
        path = FOLDER / f"{name}.json"
        if "--answers" not in sys.argv:
            data = json.loads(STYLES[name]().to_str())
            if name == "bert-cased":
                del data["model"]["type"]  # as in older files
            path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n")
        t = Tokenizer.from_file(str(path))
        write_rows(f"{name}.expected", expected(t))
        if name in WITH_OFFSETS:
            write_rows(f"{name}.encodings", encodings(t, truncating=name.startswith("bert")))
        print(name, t.get_vocab_size())


if __name__ == "__main__":
    main()
