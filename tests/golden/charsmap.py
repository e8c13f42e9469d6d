"""Makes the binary rule tables of SentencePiece ("precompiled_charsmap"), as small as the rules given."""
import struct

BLOCK = 256
UNUSED = 1 << 31


def charsmap(rules):
    """Bytes of a table that rewrites each key (bytes without NUL) to its text: size, units of a double-array trie, texts."""
    root, texts, places = {}, bytearray(), {}
    for key, text in rules.items():
        node = root
        for byte in key:
            node = node.setdefault(byte, {})
        node[0] = text
        if text not in places:
            places[text] = len(texts)
            texts += text.encode() + b"\0"
    units, taken = {0: 0}, set()  # no two nodes share a base: units do not know whose they are

    def place(node, at):
        base = 1
        while base in taken or any((base ^ label) in units for label in node):
            base += 1
        taken.add(base)
        units[at] |= (at ^ base) << 10 | (256 if 0 in node else 0)
        for label in node:
            units[base ^ label] = UNUSED | places[node[0]] if label == 0 else label
        for label, child in node.items():
            if label != 0:
                place(child, base ^ label)

    place(root, 0)
    size = (max(units) // BLOCK + 1) * BLOCK
    return struct.pack(f"<{size + 1}I", 4 * size, *(units.get(i, UNUSED) for i in range(size))) + bytes(texts)
