// A part of the text on its way to the model, and a writer of the next version of one: both know what their bytes come
// from where somebody asks for offsets.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/types.hpp"
#include "tessera/text/unicode.hpp"

namespace tessera::inline TESSERA_ABI::text {

struct piece_of_text {
    std::string_view text;
    std::size_t start = 0;          // bytes at its beginning that come from the input's first character
    const range* origin = nullptr;  // for each byte: the bytes of the input that it stands for; null: nobody asks

    piece_of_text part(std::size_t begin, std::size_t end) const {
        const std::size_t from_start = std::min(start, end);
        return {text.substr(begin, end - begin), from_start > begin ? from_start - begin : 0,
                origin == nullptr ? nullptr : origin + begin};
    }
    // The bytes of the input that [begin, end) stands for; only where there is an origin.
    range source(std::size_t begin, std::size_t end) const {
        end = std::min(end, text.size());
        if (begin < end) return {origin[begin].begin, origin[end - 1].end};
        const index_t at = text.empty() ? 0 : begin < text.size() ? origin[begin].begin : origin[text.size() - 1].end;
        return {at, at};
    }
};

// What each byte of `text` comes from, once append_well_formed has repaired it: its whole character.
inline std::vector<range> origins_of(std::string_view text) {
    std::vector<range> all;
    all.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t n = io::utf8_length(text.data() + at, text.data() + text.size());
        const std::size_t taken = n != 0 ? n : std::max<std::size_t>(1, maximal_subpart(text.substr(at)));
        all.insert(all.end(), n != 0 ? n : replacement_character.size(), {index_t(at), index_t(at + taken)});
        at += taken;
    }
    return all;
}

// Reads a piece from its start to its end and writes what becomes of it. `from` must outlive it, not its result.
class rewriting {
public:
    rewriting() = default;
    explicit rewriting(piece_of_text from) : from_(from) {
        text_.reserve(from.text.size() + from.text.size() / 8);
        if (from.origin != nullptr) origin_.reserve(text_.capacity());
    }

    // What is still to be read.
    piece_of_text rest() const { return from_.part(at_, from_.text.size()); }
    bool done() const { return at_ == from_.text.size(); }
    // Valid until more is written or this is moved.
    piece_of_text result() const { return {text_, start_, from_.origin == nullptr ? nullptr : origin_.data()}; }

    void keep(std::size_t n) { put(n, rest().part(0, n)); }
    void drop(std::size_t n) { at_ += n; }
    // The next n bytes become `made`, which was made of them.
    void put(std::size_t n, piece_of_text made) {
        if (start_ == text_.size()) start_ += made.start;
        text_ += made.text;
        if (from_.origin != nullptr) origin_.insert(origin_.end(), made.origin, made.origin + made.text.size());
        at_ += n;
    }
    // The next n bytes become `text`, all of which comes from the first character of theirs.
    void become(std::size_t n, std::string_view text) {
        write_before(text);
        at_ += n;
    }
    // Text that comes from the character still to be read.
    void write_before(std::string_view text) {
        if (done()) return write_after(text);
        count_start(at_, text.size());
        if (from_.origin != nullptr) origin_.insert(origin_.end(), text.size(), from_.origin[at_]);
        text_ += text;
    }
    // Text that comes from the character read last.
    void write_after(std::string_view text) {
        count_start(at_ == 0 ? 0 : at_ - 1, text.size());
        text_ += text;
        if (from_.origin == nullptr) return;
        const range start = from_.text.empty() ? range{} : range{from_.origin[0].begin, from_.origin[0].begin};
        origin_.insert(origin_.end(), text.size(), at_ == 0 ? start : from_.origin[at_ - 1]);
    }
    // The next 1 + more characters become `c`; where `more` is negative, `c` is added and nothing is read.
    void write(char32_t c, std::int32_t more) {
        std::string text;
        append(text, c);
        if (more < 0) return write_after(text);
        for (std::int32_t i = 0; i <= more && !done(); ++i) {
            const std::size_t n = decode(from_.text.data() + at_).bytes;
            i == 0 ? become(n, text) : drop(n);
        }
    }
    // The next n bytes are ASCII: each becomes table[byte], or goes where that is negative.
    void map(std::size_t n, const std::array<std::int8_t, 128>& table) {
        for (const std::size_t end = at_ + n; at_ < end; ++at_) {
            const std::int8_t c = table[static_cast<unsigned char>(from_.text[at_])];
            if (c < 0) continue;
            count_start(at_, 1);
            text_.push_back(static_cast<char>(c));
            if (from_.origin != nullptr) origin_.push_back(from_.origin[at_]);
        }
    }

private:
    // Before `bytes` are written that come from the byte at `source`.
    void count_start(std::size_t source, std::size_t bytes) {
        if (start_ == text_.size() && source < from_.start) start_ += bytes;
    }

    piece_of_text from_{};
    std::size_t at_ = 0;
    std::size_t start_ = 0;
    std::string text_;
    std::vector<range> origin_;
};

}
