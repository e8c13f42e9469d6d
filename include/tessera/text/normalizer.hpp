// Rewrites text before it is cut into words: the normalizers of tokenizer.json.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/text/bert_normalizer.hpp"
#include "tessera/text/byte_alphabet.hpp"
#include "tessera/text/charsmap.hpp"
#include "tessera/text/normalization.hpp"
#include "tessera/text/pattern.hpp"
#include "tessera/text/piece_of_text.hpp"

namespace tessera::inline TESSERA_ABI::text {

// Every occurrence of `from` (of the expression, where there is one), left to right, becomes `to`.
struct replacement {
    std::string from;
    std::string to;
    std::shared_ptr<const pattern> expression{};

    std::string operator()(std::string_view text) const {
        rewriting out({text});
        (*this)(out);
        return std::string(out.result().text);
    }

    void operator()(rewriting& out) const {
        const std::string_view text = out.rest().text;
        std::size_t done = 0;
        const auto found = [&](range m) {
            out.keep(std::size_t(m.begin) - done);
            out.drop(std::size_t(m.size()));
            out.write_after(to);
            done = std::size_t(m.end);
        };
        if (expression != nullptr) {
            expression->for_each_match(text, found);
        } else if (!from.empty()) {
            for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += from.size())
                found({index_t(at), index_t(at + from.size())});
        }
        out.keep(text.size() - done);
    }
};

namespace normalizers {

struct form {
    std::shared_ptr<const normalization> table;
};
struct precompiled {
    std::shared_ptr<const charsmap> rules;
};
struct prepend {
    std::string text;
};
struct lowercase {};
struct strip {
    bool left = true, right = true;
};
struct strip_accents {};  // combining marks go
struct nmt {};            // control characters go, and what counts as white space becomes a space
struct byte_level {};     // every byte becomes the character that byte_alphabet.hpp gives it
using step =
    std::variant<form, replacement, prepend, lowercase, strip, bert, precompiled, strip_accents, nmt, byte_level>;

}

class normalizer {
public:
    normalizer() = default;
    explicit normalizer(std::vector<normalizers::step> steps) : steps_(std::move(steps)) {}

    bool empty() const { return steps_.empty(); }

    // What becomes of a piece; it lies in `room`, unless there are no steps.
    piece_of_text operator()(piece_of_text p, rewriting& room) const {
        for (const normalizers::step& s : steps_) {
            rewriting next(p);
            std::visit([&](const auto& x) { apply(x, next); }, s);
            room = std::move(next);
            p = room.result();
        }
        return p;
    }

    std::string operator()(std::string_view text) const {
        rewriting room;
        return std::string((*this)(piece_of_text{text}, room).text);
    }

private:
    static void apply(const normalizers::form& f, rewriting& out) { (*f.table)(out); }
    static void apply(const normalizers::precompiled& p, rewriting& out) { apply_rules(*p.rules, out); }
    static void apply(const replacement& r, rewriting& out) { r(out); }
    static void apply(const normalizers::bert& b, rewriting& out) { b(out); }
    static void apply(const normalizers::prepend& p, rewriting& out) {
        if (!out.done()) out.write_before(p.text);
        out.keep(out.rest().text.size());
    }
    static void apply(const normalizers::lowercase&, rewriting& out) {
        while (!out.done()) write_lower(decode(out.rest().text.data()), out);
    }
    static void apply(const normalizers::strip& s, rewriting& out) {
        while (s.left && !out.done() && is(decode(out.rest().text.data()).code, property::space))
            out.drop(decode(out.rest().text.data()).bytes);
        std::string_view rest = out.rest().text;
        while (s.right && !rest.empty() && is(decode_last(rest).code, property::space))
            rest.remove_suffix(decode_last(rest).bytes);
        out.keep(rest.size());
    }
    static void apply(const normalizers::strip_accents&, rewriting& out) {
        while (!out.done()) {
            const auto [c, n] = decode(out.rest().text.data());
            is(c, property::combining) ? out.drop(n) : out.keep(n);
        }
    }
    static void apply(const normalizers::nmt&, rewriting& out) {
        while (!out.done()) {
            const auto [c, n] = decode(out.rest().text.data());
            const bool blank = c == 0x9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 ||
                               (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                               c == 0xfeff || c == 0xfffd;
            const bool gone = (c != 0 && c < 0x20) || c == 0x7f || c == 0x8f || c == 0x9f;
            blank ? out.become(n, " ") : gone ? out.drop(n) : out.keep(n);
        }
    }
    static void apply(const normalizers::byte_level&, rewriting& out) {
        while (!out.done()) out.become(1, spell_bytes(out.rest().text.substr(0, 1)));
    }

    std::vector<normalizers::step> steps_;
};

}
