// Turns pieces back into text, one at a time: the decoders of tokenizer.json, each as a machine that holds back what
// may still change. Decoding a whole list is pushing its pieces, so a stream cannot differ from it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/text/byte_alphabet.hpp"
#include "tessera/text/normalizer.hpp"

namespace tessera::inline TESSERA_ABI::text {

namespace decoders {

struct byte_level {};     // pieces spell bytes (byte_alphabet.hpp); all of them are one text
struct byte_fallback {};  // runs of <0xE5> pieces are characters, or one U+FFFD per byte when they are not
struct fuse {};           // all pieces are one
struct join {};           // a space between the pieces: what is done where there is no decoder
// `mark` is a space, and nothing in the first piece when `trim`.
struct metaspace {
    std::string mark = "\xe2\x96\x81";
    bool trim = true;
};
// Takes up to `start` and `stop` characters `content` from the ends of every piece.
struct strip {
    std::string content = " ";
    std::size_t start = 0, stop = 0;
};
// Pieces that begin with `prefix` continue a word; `cleanup`: the spaces go that English spelling does not have.
struct word_piece {
    std::string prefix = "##";
    bool cleanup = true;
};
// What a CTC head (Graves et al. 2006) says at each moment: repeats are one, `blank` is nothing, `delimiter` a space.
struct ctc {
    std::string blank = "<pad>", delimiter = "|";
    bool cleanup = true;
};
// `suffix` ends a word.
struct bpe {
    std::string suffix = "</w>";
};
using step = std::variant<byte_level, byte_fallback, fuse, join, metaspace, replacement, strip, word_piece, ctc, bpe>;

// Spaces that tokenized English has before punctuation marks and shortened words.
inline std::string cleaned(std::string text) {
    static const replacement all[] = {{" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
                                      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
                                      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (const replacement& r : all)
        if (text.find(r.from) != text.npos) text = r(text);
    return text;
}

}

// The steps, shared by all streams of a tokenizer.
class decoder {
public:
    decoder() : steps_{decoders::join{}} {}
    explicit decoder(std::vector<decoders::step> steps) : steps_(std::move(steps)) {}

    const std::vector<decoders::step>& steps() const { return steps_; }

    // The bytes that a piece in the middle of a text stands for.
    std::string bytes_of(std::string_view piece) const {
        std::string bytes(piece);
        for (const decoders::step& s : steps_) bytes = std::visit([&](const auto& x) { return bytes_in(x, bytes); }, s);
        return bytes;
    }

private:
    static std::string bytes_in(const decoders::byte_level&, const std::string& piece) {
        return spelled_bytes(piece).value_or(piece);
    }
    static std::string bytes_in(const decoders::byte_fallback&, const std::string& piece) {
        const int b = byte_of_piece(piece);
        return b < 0 ? piece : std::string(1, static_cast<char>(b));
    }
    static std::string bytes_in(const decoders::metaspace& m, const std::string& piece) {
        return replacement{m.mark, " "}(piece);
    }
    static std::string bytes_in(const replacement& r, const std::string& piece) {
        return is_well_formed(piece) ? r(piece) : piece;
    }
    static std::string bytes_in(const decoders::word_piece& w, const std::string& piece) {
        return piece.starts_with(w.prefix) ? piece.substr(w.prefix.size()) : " " + piece;
    }
    static std::string bytes_in(const decoders::ctc& c, const std::string& piece) {
        return replacement{c.delimiter, " "}(replacement{c.blank, ""}(piece));
    }
    static std::string bytes_in(const decoders::bpe& b, const std::string& piece) {
        return replacement{b.suffix, " "}(piece);
    }
    static std::string bytes_in(const auto&, const std::string& piece) { return piece; }

    std::vector<decoders::step> steps_;
};

// One text being decoded.
class decoding {
public:
    explicit decoding(const decoder& d) : steps_(&d.steps()), states_(d.steps().size()) {}

    // Appends to `out` what is certain after one more piece.
    void push(std::string_view piece, std::string& out) { feed(0, {piece, true, true}, out); }

    // Appends the rest; then begins anew.
    void finish(std::string& out) {
        for (std::size_t i = 0; i < steps_->size(); ++i) {
            std::visit([&](const auto& s) { close(s, i, out); }, (*steps_)[i]);
            states_[i] = {};
        }
    }

private:
    // A part of a piece; whole characters. Behind a step that joins all pieces, one piece comes in many parts.
    struct part {
        std::string_view text;
        bool begins, ends;
    };
    struct state {
        std::string held{};     // text or bytes that wait for what follows
        std::string run{};      // bytes of byte pieces
        std::size_t count = 0;  // pieces ended, or characters stripped
        bool begun = false;     // something has gone on
        bool stripped = false;  // past the start that is stripped
    };

    void feed(std::size_t i, part p, std::string& out) {
        if (i == steps_->size()) {
            out += p.text;
        } else {
            std::visit([&](const auto& s) { take(s, i, p, out); }, (*steps_)[i]);
        }
    }

    // The whole piece once its last part is there; held until then.
    bool collect(state& s, part& p) {
        if (p.begins && p.ends) return true;
        s.held += p.text;
        p.text = s.held;
        return p.ends;
    }

    void flow(std::size_t i, std::string_view text, bool ends, std::string& out) {
        const bool begins = !std::exchange(states_[i].begun, true);
        feed(i + 1, {text, begins, ends}, out);
    }

    void take(const decoders::fuse&, std::size_t i, part p, std::string& out) { flow(i, p.text, false, out); }
    void close(const decoders::fuse&, std::size_t i, std::string& out) { flow(i, {}, true, out); }

    void take(const decoders::join&, std::size_t i, part p, std::string& out) {
        if (p.begins && std::exchange(states_[i].begun, true)) feed(i + 1, {" ", true, true}, out);
        feed(i + 1, p, out);
    }

    void take(const decoders::byte_level&, std::size_t i, part p, std::string& out) {
        state& s = states_[i];
        if (!collect(s, p)) return;
        const std::optional<std::string> bytes = spelled_bytes(p.text);
        bytes ? s.run += * bytes : s.run += p.text;
        s.held.clear();
        write_bytes(i, false, out);
    }
    void close(const decoders::byte_level&, std::size_t i, std::string& out) { write_bytes(i, true, out); }

    void write_bytes(std::size_t i, bool last, std::string& out) {
        std::string text;
        states_[i].run.erase(0, append_well_formed(text, states_[i].run, last));
        if (last || !text.empty()) flow(i, text, last, out);
    }

    void take(const decoders::byte_fallback& b, std::size_t i, part p, std::string& out) {
        state& s = states_[i];
        if (!collect(s, p)) return;
        const int byte = byte_of_piece(p.text);
        if (byte >= 0) {
            s.run.push_back(static_cast<char>(byte));
        } else {
            close(b, i, out);
            feed(i + 1, {p.text, true, true}, out);
        }
        s.held.clear();
    }
    void close(const decoders::byte_fallback&, std::size_t i, std::string& out) {
        const std::string run = std::exchange(states_[i].run, {});
        if (run.empty()) return;
        if (is_well_formed(run)) return feed(i + 1, {run, true, true}, out);
        for (std::size_t k = 0; k < run.size(); ++k) feed(i + 1, {replacement_character, true, true}, out);
    }

    void take(const decoders::metaspace& m, std::size_t i, part p, std::string& out) {
        state& s = states_[i];
        const std::string text = replacement{m.mark, s.count == 0 && m.trim ? "" : " "}(p.text);
        s.count += p.ends ? 1 : 0;
        feed(i + 1, {text, p.begins, p.ends}, out);
    }

    void take(const replacement& r, std::size_t i, part p, std::string& out) {
        state& s = states_[i];
        if (!collect(s, p) && r.expression != nullptr) return;
        const std::size_t done = p.ends ? p.text.size() : p.text.size() - pending(r.from, p.text);
        const std::string text = r(p.text.substr(0, done));
        s.held = std::string(p.text.substr(done));
        const bool begins = !std::exchange(s.begun, !p.ends);
        feed(i + 1, {text, begins, p.ends}, out);
    }

    // Bytes at the end of `text`, behind the last whole match, that may become a match.
    static std::size_t pending(std::string_view from, std::string_view text) {
        std::size_t behind = 0;
        for (std::size_t at = 0; !from.empty() && (at = text.find(from, at)) != text.npos; behind = at)
            at += from.size();
        const std::size_t most = std::min(text.size() - behind, from.empty() ? 0 : from.size() - 1);
        for (std::size_t n = most; n > 0; --n)
            if (from.starts_with(text.substr(text.size() - n))) return n;
        return 0;
    }

    void take(const decoders::strip& x, std::size_t i, part p, std::string& out) {
        state& s = states_[i];
        if (p.begins) s = {};
        std::string text = std::exchange(s.held, {}) + std::string(p.text);
        std::size_t from = 0;
        while (!s.stripped && s.count < x.start && text.compare(from, x.content.size(), x.content) == 0) {
            from += x.content.size();
            ++s.count;
        }
        s.stripped = s.stripped || from < text.size() || s.count == x.start;
        std::size_t to = text.size();
        for (std::size_t n = 0; n < x.stop && to >= from + x.content.size(); ++n) {
            if (text.compare(to - x.content.size(), x.content.size(), x.content) != 0) break;
            to -= x.content.size();
        }
        if (!p.ends) s.held = text.substr(to);
        const bool begins = !std::exchange(s.begun, true);
        feed(i + 1, {std::string_view(text).substr(from, to - from), begins, p.ends}, out);
    }

    void take(const decoders::word_piece& w, std::size_t i, part p, std::string& out) {
        state& s = states_[i];
        if (!collect(s, p)) return;
        const bool first = s.count++ == 0, inside = p.text.starts_with(w.prefix);
        std::string text = first ? "" : inside ? "" : " ";
        text += p.text.substr(!first && inside ? w.prefix.size() : 0);
        s.held.clear();
        feed(i + 1, {w.cleanup ? decoders::cleaned(text) : text, true, true}, out);
    }

    void take(const decoders::ctc& c, std::size_t i, part p, std::string& out) {
        state& s = states_[i];
        if (!collect(s, p)) return;
        const bool repeated = std::exchange(s.begun, true) && s.run == p.text;
        s.run = p.text;
        s.held.clear();
        std::string text = replacement{c.blank, ""}(s.run);
        if (c.cleanup) text = replacement{c.delimiter, " "}(decoders::cleaned(text));
        if (!repeated && !text.empty()) feed(i + 1, {text, true, true}, out);
    }

    // A suffix is a space unless its piece is the last.
    void take(const decoders::bpe& b, std::size_t i, part p, std::string& out) {
        state& s = states_[i];
        if (!collect(s, p)) return;
        const std::string piece(p.text);
        s.held.clear();
        if (std::exchange(s.begun, true)) feed(i + 1, {replacement{b.suffix, " "}(s.run), true, true}, out);
        s.run = piece;
    }
    void close(const decoders::bpe& b, std::size_t i, std::string& out) {
        if (states_[i].begun) feed(i + 1, {replacement{b.suffix, ""}(states_[i].run), true, true}, out);
    }

    void close(const auto&, std::size_t, std::string&) {}

    const std::vector<decoders::step>* steps_;
    std::vector<state> states_;
};

}
