// Puts the tokens of one or two texts together with those that a model expects around them: the post-processors of
// tokenizer.json.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tessera/core/function_ref.hpp"
#include "tessera/text/encoding.hpp"
#include "tessera/text/token_list.hpp"

namespace tessera::inline TESSERA_ABI::text {

struct post_processor {
    // A text (0 or 1) or, where `text` is -1, a token.
    struct item {
        std::int32_t text = 0;
        token_t id = -1;
        std::int32_t type = 0;
    };
    // Offsets leave out white space at the ends of a token; with add_prefix_space not the first space of a text.
    struct trimming {
        bool add_prefix_space = true;
    };

    std::vector<item> single{{.text = 0}};
    std::vector<item> pair{{.text = 0}, {.text = 1, .type = 1}};
    std::vector<trimming> trim{};

    const std::vector<item>& items(bool two_texts) const { return two_texts ? pair : single; }

    // Number of tokens that are added.
    index_t count(bool two_texts) const {
        const auto& all = items(two_texts);
        return std::count_if(all.begin(), all.end(), [](const item& i) { return i.text < 0; });
    }
};

// Removes white space from the ends of the offsets of one token, the first of its window or not. `text` is the input.
inline void trim_offset(range& at, std::string_view piece, std::string_view text, bool first, bool add_prefix_space) {
    constexpr char32_t spelled_space = 0x120;  // as byte_alphabet.hpp has it
    const auto is_blank = [](char32_t c) { return c == spelled_space || is(c, property::space); };
    index_t leading = 0, trailing = 0;
    for (std::string_view rest = piece; !rest.empty() && is_blank(decode(rest.data()).code); ++leading)
        rest.remove_prefix(decode(rest.data()).bytes);
    for (std::string_view rest = piece; !rest.empty() && is_blank(decode_last(rest).code); ++trailing)
        rest.remove_suffix(decode_last(rest).bytes);
    if (leading == 1 && add_prefix_space && (first || at.begin == 0)) leading = 0;
    const auto continues = [&](index_t i) { return (text[std::size_t(i)] & 0xc0) == 0x80; };
    for (; leading > 0 && at.begin < at.end; --leading) do
            ++at.begin;
        while (at.begin < at.end && continues(at.begin));
    for (; trailing > 0 && at.begin < at.end; --trailing) do
            --at.end;
        while (at.begin < at.end && continues(at.end));
}

// Appends the tokens `part` of a text.
inline void append(encoding& to, const token_list& from, range part, const post_processor::item& item) {
    const auto copy = [&](auto& out, const auto& in) {
        out.insert(out.end(), in.begin() + part.begin, in.begin() + part.end);
    };
    copy(to.ids, from.ids);
    copy(to.offsets, from.offsets);
    copy(to.words, from.words);
    to.type_ids.resize(to.ids.size(), item.type);
    to.texts.resize(to.ids.size(), item.text);
}

inline void append_added(encoding& to, const post_processor::item& item) {
    to.ids.push_back(item.id);
    to.offsets.push_back({});
    to.words.push_back(-1);
    to.type_ids.push_back(item.type);
    to.texts.push_back(-1);
}

}
