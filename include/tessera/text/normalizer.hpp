// Rewrites text before it is cut into words: the normalizers of tokenizer.json.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/text/normalization.hpp"
#include "tessera/text/pattern.hpp"

namespace tessera::inline TESSERA_ABI::text {

// Every occurrence of `from` (of the expression, where there is one), left to right, becomes `to`.
struct replacement {
    std::string from;
    std::string to;
    std::shared_ptr<const pattern> expression{};

    std::string operator()(std::string_view text) const {
        std::string out;
        std::size_t done = 0;
        const auto found = [&](range m) {
            out.append(text, done, std::size_t(m.begin) - done).append(to);
            done = std::size_t(m.end);
        };
        if (expression != nullptr) {
            expression->for_each_match(text, found);
        } else if (!from.empty()) {
            for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += from.size())
                found({index_t(at), index_t(at + from.size())});
        }
        return out.append(text, done, text.npos);
    }
};

namespace normalizers {

struct form {
    std::shared_ptr<const normalization> table;
};
struct prepend {
    std::string text;
};
struct lowercase {};
struct strip {
    bool left = true, right = true;
};
using step = std::variant<form, replacement, prepend, lowercase, strip>;

}

class normalizer {
public:
    normalizer() = default;
    explicit normalizer(std::vector<normalizers::step> steps) : steps_(std::move(steps)) {}

    bool empty() const { return steps_.empty(); }

    std::string operator()(std::string_view text) const {
        std::string out(text);
        for (const normalizers::step& s : steps_) out = std::visit([&](const auto& x) { return apply(x, out); }, s);
        return out;
    }

private:
    static std::string apply(const normalizers::form& f, const std::string& text) { return (*f.table)(text); }
    static std::string apply(const replacement& r, const std::string& text) { return r(text); }
    static std::string apply(const normalizers::prepend& p, const std::string& text) {
        return text.empty() ? text : p.text + text;
    }
    static std::string apply(const normalizers::lowercase&, const std::string& text) {
        std::string out;
        out.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const auto [c, n] = decode(text.data() + at);
            at += n;
            append(out, to_lower(c));
            if (c == 0x130) out += "\xcc\x87";  // I with a dot becomes i and a combining dot
        }
        return out;
    }
    static std::string apply(const normalizers::strip& s, const std::string& text) {
        std::string_view rest = text;
        while (s.left && !rest.empty() && is(decode(rest.data()).code, property::space))
            rest.remove_prefix(decode(rest.data()).bytes);
        while (s.right && !rest.empty() && is(decode_last(rest).code, property::space))
            rest.remove_suffix(decode_last(rest).bytes);
        return std::string(rest);
    }

    std::vector<normalizers::step> steps_;
};

}
