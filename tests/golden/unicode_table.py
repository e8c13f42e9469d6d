#!/usr/bin/env python3
"""Writes include/tessera/text/unicode_table.hpp and normalization_table.hpp.

Every property is asked of the `tokenizers` library itself, code point by code point, so that the tables hold exactly the
Unicode versions that its regular expressions (Oniguruma), its character tests (Rust) and its normalisers use.
Only the canonical combining classes come from Python's unicodedata, and are checked against the library's own ordering.

    pip install tokenizers && python3 tests/golden/unicode_table.py
"""
import collections
import pathlib
import unicodedata

from charsmap import charsmap
from tokenizers import Regex, normalizers, pre_tokenizers

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "include/tessera/text"
CODES = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn".split()
# Printable, and none that means something inside a string literal.
ALPHABET = [chr(c) for c in range(35, 127) if chr(c) not in '"\\?']


def chunks(size):
    for i in range(0, len(CODES), size):
        yield CODES[i:i + size]


def matched(pre_tokenizer):
    found = set()
    for chunk in chunks(4096):
        for _, (a, b) in pre_tokenizer.pre_tokenize_str("".join(map(chr, chunk))):
            found.update(chunk[a:b])
    return found


def isolated(pre_tokenizer):
    """Code points that the pre-tokenizer cuts out from between two letters."""
    found = set()
    for chunk in chunks(2000):
        text = "".join("a" + chr(c) + "a" for c in chunk)
        starts = {a for _, (a, _) in pre_tokenizer.pre_tokenize_str(text)}
        found.update(c for i, c in enumerate(chunk) if 3 * i + 1 in starts and 3 * i + 2 in starts)
    return found


def words():
    """Code points of \\w as Rust's regex sees it: those that stay with a letter in \\w+|[^\\w\\s]+."""
    found = set()
    for chunk in chunks(2000):
        pieces = pre_tokenizers.Whitespace().pre_tokenize_str(" ".join("a" + chr(c) for c in chunk))
        ends = {a: b for _, (a, b) in pieces}
        found.update(c for i, c in enumerate(chunk) if ends[3 * i] == 3 * i + 2)
    return found


def removed(normalizer):
    """Code points that the normalizer takes away from between two characters that are in no decomposition."""
    found = set()
    for chunk in chunks(2000):
        chunk = [c for c in chunk if chr(c) not in "|~"]
        parts = normalizer.normalize_str("".join(f"|{chr(c)}~" for c in chunk)).split("~")
        found.update(c for c, part in zip(chunk, parts) if part == "|")
    return found


def joined(rules, before="", after=""):
    """Code points that are one grapheme cluster with a text before or after: of a cluster only its first part is rewritten."""
    normalizer = normalizers.Precompiled(charsmap(rules))
    return {c for c in CODES if c >= 0x80 and normalizer.normalize_str(before + chr(c) + after) == "*"}


def properties():
    masks = dict.fromkeys(range(0x110000), 0)
    for i, name in enumerate(CATEGORIES):
        for c in matched(pre_tokenizers.Split(Regex(r"\p{%s}" % name), "removed", invert=True)):
            assert masks[c] == 0
            masks[c] = 1 << i
    for c in range(0xD800, 0xE000):
        masks[c] = 1 << CATEGORIES.index("Cn")
    extra = [matched(pre_tokenizers.Split(Regex(r"\s"), "removed", invert=True)), words(),
             isolated(pre_tokenizers.Digits(individual_digits=True)), isolated(pre_tokenizers.Punctuation("isolated")),
             removed(normalizers.BertNormalizer(True, False, False, False)),
             removed(normalizers.BertNormalizer(False, False, True, False)), removed(normalizers.StripAccents()),
             joined({b"a": "*"}, before="a"), joined({bytes([b]): "*" for b in range(0xC2, 0xF5)}, after="a")]
    for i, found in enumerate(extra):
        for c in found:
            masks[c] |= 1 << (len(CATEGORIES) + i)
    assert all(masks.values())
    return masks


def literal(text, width=112, indent="    "):
    return "\n".join(f'{indent}"{text[i:i + width]}"' for i in range(0, len(text), width))


def numbers(values, width=116, indent="    "):
    lines, line = [], indent
    for v in values:
        if len(line) + len(v) + 2 > width:
            lines.append(line.rstrip())
            line = indent
        line += v + ", "
    return "\n".join(lines + [line.rstrip()])


def lower_ranges():
    """Runs of code points whose lower case is at one distance: (first, last, step, distance)."""
    lower = normalizers.Lowercase()
    pairs = []
    for c in CODES:
        to = lower.normalize_str(chr(c))
        if to != chr(c):
            if len(to) > 1:
                assert (c, to) == (0x130, "i\u0307")
                continue
            pairs.append((c, ord(to) - c))
    runs = []
    for c, d in pairs:
        if runs and runs[-1][3] == d and (runs[-1][1] == runs[-1][0] or c - runs[-1][1] == runs[-1][2]):
            step = c - runs[-1][1]
            if step <= 2:
                runs[-1][1], runs[-1][2] = c, step
                continue
        runs.append([c, c, 1, d])
    return runs


def write_properties():
    masks = properties()
    classes = sorted(set(masks.values()))
    assert len(classes) <= len(ALPHABET)
    marker, counts = ALPHABET.index("X"), collections.Counter(masks.values())
    rarest = min(range(len(classes)), key=lambda i: counts[classes[i]])
    classes[marker], classes[rarest] = classes[rarest], classes[marker]  # no run of X, which would read as a note to self
    symbol = {m: ALPHABET[i] for i, m in enumerate(classes)}
    # Above the last assigned ideograph of plane 3 everything lies in a few long ranges: tags, variation selectors, private use.
    limit = 0x33480
    blocks, index = {}, []
    for start in range(0, limit, 128):
        block = "".join(symbol[masks[c]] for c in range(start, start + 128))
        index.append(blocks.setdefault(block, len(blocks)))
    assert len(blocks) <= 512
    rest, previous = [], None
    for c in range(limit, 0x110000):
        if masks[c] != previous:
            rest.append((c, classes.index(masks[c])))
            previous = masks[c]
    high, low = [ALPHABET[i // 64] for i in index], [ALPHABET[i % 64] for i in index]
    text = f"""// Generated by tests/golden/unicode_table.py: what each code point is. Read through text/unicode.hpp.
#pragma once

#include <cstdint>

#include "tessera/config.hpp"

namespace tessera::inline TESSERA_ABI::text::unicode_table {{

// One bit per general category, in this order, then white space, \\w, std numeric, punctuation, what
// BERT's cleaning takes away, what its stripping of accents does, combining marks, what extends or begins a cluster:
// {" ".join(CATEGORIES)}
inline constexpr std::uint64_t masks[] = {{
{numbers([hex(m) for m in classes])}
}};

// A digit of these strings is its place in the alphabet: printable characters from '#' on without '\\\\' and '?'.
inline constexpr char32_t limit = {hex(limit)};
// Number of the block of 128 code points, in two digits of base 64.
inline constexpr char block_high[] =
{literal("".join(high))};
inline constexpr char block_low[] =
{literal("".join(low))};
// Index into masks of every code point of every distinct block.
inline constexpr char blocks[] =
{literal("".join(blocks))};

// From `limit` on: first code point of a range, index into masks.
struct span {{
    char32_t first;
    std::uint8_t index;
}};
inline constexpr span rest[] = {{
{numbers([f"{{{hex(c)}, {i}}}" for c, i in rest])}
}};

// Lower case: code points first, first + step … last lie `distance` below their lower-case forms.
struct shift {{
    std::uint32_t first, last;
    std::uint32_t step;
    std::int32_t distance;
}};
inline constexpr shift lower[] = {{
{numbers([f"{{{hex(a)}, {hex(b)}, {s}, {d}}}" for a, b, s, d in lower_ranges()])}
}};

}}
"""
    (FOLDER / "unicode_table.hpp").write_text(text)


def combining_classes():
    nfd = normalizers.NFD()
    found = {}
    for c in CODES:
        k = unicodedata.combining(chr(c))
        after = nfd.normalize_str("a\u0315" + chr(c)) != "a\u0315" + nfd.normalize_str(chr(c))  # U+0315 has class 232
        before = nfd.normalize_str("a" + chr(c) + "\u0334") != "a" + nfd.normalize_str(chr(c)) + "\u0334"  # class 1
        if len(nfd.normalize_str(chr(c))) > 1:
            continue
        assert (after or before) == (k != 0) or k == 0 or not (after or before), hex(c)
        if after or before:
            assert after == (0 < k < 232) and before == (k > 1), hex(c)
            found[c] = k
    return found


def digits(value):
    """Base 44, least first; every digit but the last is raised by 44."""
    out = ""
    while value >= 44:
        out += ALPHABET[value % 44 + 44]
        value //= 44
    return out + ALPHABET[value]


def zigzag(value):
    return digits(2 * value if value >= 0 else -2 * value - 1)


def write_normalization():
    nfc, nfd, nfkd = normalizers.NFC(), normalizers.NFD(), normalizers.NFKD()
    records = []  # code point, kind (0 canonical, 1 canonical and recomposed, 2 compatible), mapping
    for c in CODES:
        if 0xAC00 <= c <= 0xD7A3:
            continue
        canonical, compatible = nfd.normalize_str(chr(c)), nfkd.normalize_str(chr(c))
        if canonical != chr(c):
            records.append((c, int(nfc.normalize_str(chr(c)) == chr(c)), canonical))
        if compatible != canonical:
            records.append((c, 2, compatible))
    text, previous_code, previous_first = "", 0, 0
    for c, kind, mapping in records:
        to = [ord(x) for x in mapping]
        text += digits(c - previous_code) + digits(3 * (len(to) - 1) + kind) + zigzag(to[0] - previous_first)
        for a, b in zip(to, to[1:]):
            text += zigzag(b - a)
        previous_code, previous_first = c, to[0]
    marks, previous, previous_class = "", 0, 0
    runs = []
    for c, k in sorted(combining_classes().items()):
        if runs and runs[-1][2] == k and runs[-1][1] == c:
            runs[-1][1] = c + 1
        else:
            runs.append([c, c + 1, k])
    for a, b, k in runs:
        marks += digits(a - previous) + digits(b - a) + digits(k)
        previous = b
    header = f"""// Generated by tests/golden/unicode_table.py: decompositions and combining classes. Read by text/normalization.hpp.
#pragma once

#include "tessera/config.hpp"

namespace tessera::inline TESSERA_ABI::text::normalization_table {{

// Numbers in base 44, least digit first, every digit but a number's last raised by 44; a digit is its place in the alphabet of
// printable characters from '#' on without '\\\\' and '?'. Signed numbers: 2n, or -2n - 1 below zero.
// Per mapping: code point minus the previous one's, 3 (length - 1) + kind (0 canonical, 1 canonical and recomposed,
// 2 compatible), then signed: first minus the previous mapping's first, each next minus the one before.
inline constexpr char mappings[] =
{literal(text)};
// Per run: start minus the previous run's end, length, canonical combining class.
inline constexpr char combining[] =
{literal(marks)};

}}
"""
    (FOLDER / "normalization_table.hpp").write_text(header)
    print(len(records), "mappings", len(runs), "runs of marks")


if __name__ == "__main__":
    write_properties()
    write_normalization()
