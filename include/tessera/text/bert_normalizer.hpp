// BERT's normalisation: control characters go, ideographs stand apart, accents and capitals go.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "tessera/text/normalization.hpp"
#include "tessera/text/piece_of_text.hpp"

namespace tessera::inline TESSERA_ABI::text {

// The next character, in lower case.
inline void write_lower(code_point c, rewriting& out) {
    std::string text;
    append(text, to_lower(c.code));
    if (c.code == 0x130) text += "\xcc\x87";  // I with a dot becomes i and a combining dot
    out.become(c.bytes, text);
}

namespace normalizers {

class bert {
public:
    bert(bool clean, bool separate_ideographs, bool strip_accents, bool lowercase)
        : clean_(clean),
          separate_(separate_ideographs),
          lowercase_(lowercase),
          decomposed_(strip_accents ? std::make_shared<const normalization>(normal_form::nfd) : nullptr) {
        for (char32_t c = 0; c < 128; ++c) ascii_[c] = of_ascii(c);
    }

    // ASCII characters neither change by what surrounds them nor change it, so that stretches between them are handled
    // apart, step by step.
    void operator()(rewriting& out) const {
        while (!out.done()) {
            const std::string_view rest = out.rest().text;
            const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 128; };
            const auto end = std::find_if_not(rest.begin(), rest.end(), is_ascii);
            const auto n = static_cast<std::size_t>(end - rest.begin());
            out.map(n, ascii_);
            const auto more = static_cast<std::size_t>(std::find_if(end, rest.end(), is_ascii) - end);
            if (more > 0) write_others(out.rest().part(0, more), out);
        }
    }

private:
    std::int8_t of_ascii(char32_t c) const {
        const bool blank = c == '\t' || c == '\n' || c == '\r';
        if (clean_ && is_cleaned(c)) return -1;
        if (clean_ && (blank || is(c, property::space))) return ' ';
        return static_cast<std::int8_t>(lowercase_ ? to_lower(c) : c);
    }

    static bool is_cleaned(char32_t c) { return is(c, property::cleaned); }

    void write_others(piece_of_text p, rewriting& out) const {
        rewriting cleaned(p);
        while (!cleaned.done()) clean(decode(cleaned.rest().text.data()), cleaned);
        rewriting decomposed(cleaned.result());
        if (decomposed_ != nullptr) (*decomposed_)(decomposed);
        rewriting last(decomposed_ != nullptr ? decomposed.result() : cleaned.result());
        while (!last.done()) {
            const code_point c = decode(last.rest().text.data());
            if (decomposed_ != nullptr && is(c.code, property::accent)) {
                last.drop(c.bytes);
            } else {
                lowercase_ ? write_lower(c, last) : last.keep(c.bytes);
            }
        }
        out.put(p.text.size(), last.result());
    }

    void clean(code_point c, rewriting& out) const {
        if (clean_ && is_cleaned(c.code)) return out.drop(c.bytes);
        if (clean_ && is(c.code, property::space)) return out.become(c.bytes, " ");
        const bool apart = separate_ && is_ideograph(c.code);
        if (apart) out.write_before(" ");
        out.keep(c.bytes);
        if (apart) out.write_after(" ");
    }

    static bool is_ideograph(char32_t c) {
        static constexpr char32_t blocks[][2] = {{0x4e00, 0x9fff},   {0x3400, 0x4dbf},   {0x20000, 0x2a6df},
                                                 {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf},
                                                 {0xf900, 0xfaff},   {0x2f800, 0x2fa1f}};
        return std::any_of(std::begin(blocks), std::end(blocks), [&](const auto& b) { return b[0] <= c && c <= b[1]; });
    }

    bool clean_, separate_, lowercase_;
    std::shared_ptr<const normalization> decomposed_;  // null: accents stay
    std::array<std::int8_t, 128> ascii_{};             // what becomes of each; -1: it goes
};

}

}
