// Text to token numbers and back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/text/added_tokens.hpp"
#include "tessera/text/bpe.hpp"
#include "tessera/text/decoder.hpp"
#include "tessera/text/encoding.hpp"
#include "tessera/text/normalizer.hpp"
#include "tessera/text/post_processor.hpp"
#include "tessera/text/pre_tokenizer.hpp"
#include "tessera/text/score_bpe.hpp"
#include "tessera/text/token_list.hpp"
#include "tessera/text/unigram.hpp"
#include "tessera/text/word_level.hpp"
#include "tessera/text/word_piece.hpp"

namespace tessera::inline TESSERA_ABI::text {

using word_model = std::variant<bpe, score_bpe, word_level, unigram, word_piece>;

// The parts of a tokenizer, as a file describes them.
struct tokenizer_parts {
    word_model model;
    text::normalizer normalizer{};
    text::pre_tokenizer pre_tokenizer{};
    text::decoder decoder{};
    std::vector<added_token> added{};  // without number: the model's where it knows the text, else the next free one
    text::post_processor post_processor{};
    std::string bos{}, eos{};                  // pieces that begin and end a text; empty or unknown: there is none
    std::optional<bool> add_bos{}, add_eos{};  // set: they, and nothing else, are what post-processing adds
    std::string chat_template{};               // Jinja, empty when there is none
};

struct encode_options {
    bool special = true;        // with what post-processing adds (begin and end of text)
    bool parse_special = true;  // special tokens in the text are tokens; false: they are text
};

struct decode_options {
    bool skip_special = false;
};

class stream;

// Immutable, cheap to copy, usable from several threads at once.
class tokenizer {
public:
    explicit tokenizer(tokenizer_parts parts) : self_(std::make_shared<const contents>(std::move(parts))) {}

    // Bytes that are not UTF-8 are read as U+FFFD.
    std::vector<token_t> encode(std::string_view text, encode_options options = {}) const {
        return self_->encode(text, options);
    }
    // The same with types and offsets. error(errc::argument) when `max_length` leaves no room for what is added.
    text::encoding encode_one(std::string_view text, encoding_options options = {}) const {
        return self_->encode_windows({&text, 1}, options, true).front();
    }
    // Two texts as one input, such as a question and the passage that answers it.
    text::encoding encode_pair(std::string_view first, std::string_view second, encoding_options options = {}) const {
        const std::string_view texts[] = {first, second};
        return self_->encode_windows(texts, options, true).front();
    }
    // Every window of `max_length` tokens over what encode_one and encode_pair cut off, those first.
    std::vector<text::encoding> encode_windows(std::string_view text, encoding_options options) const {
        return self_->encode_windows({&text, 1}, options, false);
    }
    std::vector<text::encoding> encode_windows(std::string_view first, std::string_view second,
                                               encoding_options options) const {
        const std::string_view texts[] = {first, second};
        return self_->encode_windows(texts, options, false);
    }
    // Numbers without a token inside the vocabulary are skipped; outside: error(errc::argument).
    std::string decode(std::span<const token_t> ids, decode_options options = {}) const;
    // Decodes one token at a time.
    text::stream stream(decode_options options = {}) const;

    // One more than the highest number.
    index_t size() const { return self_->size; }
    std::optional<token_t> id_of(std::string_view piece) const { return self_->id_of(piece); }
    // The piece as the vocabulary spells it (byte-level vocabularies spell a space Ġ), valid as long as the tokenizer.
    std::string_view piece(token_t id) const { return self_->piece(checked(id)); }
    // The bytes that it stands for in the middle of a text.
    std::string bytes_of(token_t id) const;
    bool is_special(token_t id) const { return self_->is_special(checked(id)); }

    std::optional<token_t> bos() const { return self_->bos; }
    std::optional<token_t> eos() const { return self_->eos; }
    const std::string& chat_template() const { return self_->parts.chat_template; }

private:
    friend class stream;

    struct contents {
        explicit contents(tokenizer_parts p) : parts(std::move(p)) {
            number_added();
            std::vector<std::pair<std::string, std::size_t>> raw, normalized;
            for (std::size_t i = 0; i < parts.added.size(); ++i) {
                const added_token& t = parts.added[i];
                shown.push_back(t.normalized ? parts.normalizer(t.content) : t.content);
                (t.normalized ? normalized : raw).emplace_back(shown.back(), i);
            }
            in_text = token_finder(std::move(raw));
            in_normalized = token_finder(std::move(normalized));
            surround();
        }

        void surround() {
            bos = id_of(parts.bos);
            eos = id_of(parts.eos);
            if (parts.add_bos || parts.add_eos) {
                const auto around = [&](std::int32_t text) {
                    std::vector<post_processor::item> all{{.text = text, .type = text}};
                    if (bos && parts.add_bos.value_or(false)) all.insert(all.begin(), {-1, *bos, text});
                    if (eos && parts.add_eos.value_or(false)) all.push_back({-1, *eos, text});
                    return all;
                };
                const auto second = around(1);
                parts.post_processor.single = parts.post_processor.pair = around(0);
                parts.post_processor.pair.insert(parts.post_processor.pair.end(), second.begin(), second.end());
            }
            for (const bool two : {false, true})
                for (const post_processor::item& i : parts.post_processor.items(two))
                    if (i.text < 0) check(i.id);
        }

        const vocabulary& pieces() const {
            return std::visit([](const auto& m) -> const vocabulary& { return m.pieces(); }, parts.model);
        }

        // As the `tokenizers` library does it: what the model knows keeps its number, the rest follow one another.
        void number_added() {
            size = pieces().size();
            token_t next = static_cast<token_t>(pieces().count());
            vocabulary names;
            std::vector<added_token> all;
            for (added_token& t : parts.added) {
                if (t.content.empty()) continue;
                if (const token_t i = names.find(t.content); i != vocabulary::absent) {
                    t.id = all[std::size_t(i)].id;
                    all[std::size_t(i)] = std::move(t);
                    continue;
                }
                names.add(static_cast<token_t>(all.size()), t.content);
                t.id = pieces().find(t.content);
                if (t.id == vocabulary::absent) t.id = next++;
                size = std::max(size, index_t{t.id} + 1);
                all.push_back(std::move(t));
            }
            parts.added = std::move(all);
            added_names = std::move(names);
            added_at.assign(std::size_t(size), -1);
            for (std::size_t i = 0; i < parts.added.size(); ++i)
                added_at[std::size_t(parts.added[i].id)] = static_cast<std::int32_t>(i);
        }

        void check(token_t id) const {
            if (id < 0 || id >= size)
                throw error(errc::format, "post-processing adds a token that does not exist",
                            {.expected = "less than " + std::to_string(size), .found = std::to_string(id)});
        }

        const added_token* added(token_t id) const {
            const std::int32_t i = added_at[std::size_t(id)];
            return i < 0 ? nullptr : &parts.added[std::size_t(i)];
        }
        // What decoding makes of it: the normalised text of a token that is looked for there. Nothing where there is no
        // token, or a special one that shall be skipped.
        std::optional<std::string_view> to_decode(token_t id, bool skip_special) const {
            const std::int32_t i = added_at[std::size_t(id)];
            if (i < 0) return pieces().contains(id) ? std::optional(pieces().piece(id)) : std::nullopt;
            const std::string& text = shown[std::size_t(i)];
            const token_t same = skip_special ? added_names.find(text) : vocabulary::absent;
            if (same != vocabulary::absent && parts.added[std::size_t(same)].special) return std::nullopt;
            return text;
        }
        std::string_view piece(token_t id) const {
            const added_token* t = added(id);
            return t != nullptr ? std::string_view(t->content) : pieces().piece(id);
        }
        bool is_special(token_t id) const { return added(id) != nullptr && added(id)->special; }
        std::optional<token_t> id_of(std::string_view text) const {
            token_t id = added_names.find(text);
            id = id != vocabulary::absent ? parts.added[std::size_t(id)].id : pieces().find(text);
            return id == vocabulary::absent ? std::nullopt : std::optional(id);
        }

        std::vector<token_t> encode(std::string_view text, const encode_options& options) const {
            token_list all;
            std::vector<token_t> after;
            bool behind = false;
            for (const post_processor::item& i : parts.post_processor.single) {
                behind = behind || i.text >= 0;
                if (options.special && i.text < 0) (behind ? after : all.ids).push_back(i.id);
            }
            read(text, nullptr, options.parse_special, all);
            all.ids.insert(all.ids.end(), after.begin(), after.end());
            return std::move(all.ids);
        }

        std::vector<encoding> encode_windows(std::span<const std::string_view> texts, const encoding_options& options,
                                             bool only_first) const {
            const bool two = texts.size() == 2;
            std::array<token_list, 2> lists;
            for (std::size_t i = 0; i < texts.size(); ++i)
                read(texts[i], origins_of(texts[i]).data(), options.parse_special, lists[i]);
            const index_t added = options.special ? parts.post_processor.count(two) : 0;
            if (options.max_length < added)
                throw error(errc::argument, "no room for what post-processing adds",
                            {.subject = "max_length",
                             .expected = "at least " + std::to_string(added),
                             .found = std::to_string(options.max_length)});
            const std::array n{index_t(lists[0].ids.size()), index_t(lists[1].ids.size())};
            const auto most = truncated(n, options.max_length - added, options.truncate);
            const auto first = windows_of(n[0], most[0], options.stride, options.cut);
            const auto second = windows_of(n[1], most[1], options.stride, options.cut);
            std::vector<encoding> all;
            const auto add = [&](range a, range b) { all.push_back(assemble(texts, lists, {a, b}, options.special)); };
            add(first[0], second[0]);
            if (only_first) return all;
            for (std::size_t i = 1; i < first.size(); ++i)
                for (const range b : second) add(first[i], b);
            for (std::size_t j = 1; j < second.size(); ++j) add(first[0], second[j]);
            return all;
        }

        encoding assemble(std::span<const std::string_view> texts, const std::array<token_list, 2>& lists,
                          const std::array<range, 2>& windows, bool special) const {
            encoding out;
            for (const post_processor::item& i : parts.post_processor.items(texts.size() == 2)) {
                if (i.text < 0) {
                    if (special) append_added(out, i);
                    continue;
                }
                const auto which = std::size_t(i.text), begin = out.ids.size();
                append(out, lists[which], windows[which], i);
                for (const post_processor::trimming& t : parts.post_processor.trim)
                    for (std::size_t k = begin; k < out.ids.size(); ++k)
                        trim_offset(out.offsets[k], piece(out.ids[k]), texts[which], k == begin, t.add_prefix_space);
            }
            return out;
        }

        // origins: of every byte of the text once repaired, or null.
        void read(std::string_view text, const range* origins, bool parse_special, token_list& out) const {
            std::string repaired;
            if (!is_well_formed(text)) {
                append_well_formed(repaired, text, true);
                text = repaired;
            }
            const piece_of_text whole{text, text.empty() ? 0 : text::decode(text.data()).bytes, origins};
            std::visit([&](const auto& model) { read_with(model, whole, parse_special, out); }, parts.model);
        }

        template <class Model>
        void read_with(const Model& model, piece_of_text text, bool parse_special, token_list& out) const {
            typename Model::scratch scratch;
            const auto token = [&](token_t id, piece_of_text p) {
                out.begin(p);
                out.add(id, 0, p.text.size());
            };
            const auto words = [&](piece_of_text p) {
                parts.pre_tokenizer(p, [&](piece_of_text w) {
                    out.begin(w);
                    model.encode(w.text, scratch, out);
                });
            };
            const auto between = [&](piece_of_text p) {
                rewriting room;
                p = parts.normalizer(p, room);
                cut_at_tokens(p, in_normalized, parts.added, parse_special, words, token);
            };
            cut_at_tokens(text, in_text, parts.added, parse_special, between, token);
        }

        tokenizer_parts parts;
        token_finder in_text, in_normalized;
        std::vector<std::string> shown;      // by place in parts.added: as decoding shows it
        vocabulary added_names;              // numbered by place in parts.added
        std::vector<std::int32_t> added_at;  // by token number: place in parts.added, or -1
        index_t size = 0;
        std::optional<token_t> bos, eos;
    };

    token_t checked(token_t id) const {
        if (id < 0 || id >= size())
            throw error(errc::argument, "no such token",
                        {.expected = "0 to " + std::to_string(size() - 1), .found = std::to_string(id)});
        return id;
    }

    std::shared_ptr<const contents> self_;
};

// Decodes a text token by token. The texts that push and finish return are, one after the other, what decoding all
// tokens at once gives; none ends inside a character.
class stream {
public:
    // What is certain after this token; valid until the next call.
    const std::string& push(token_t id) {
        text_.clear();
        if (const auto piece = words_.self_->to_decode(words_.checked(id), options_.skip_special))
            state_.push(*piece, text_);
        return text_;
    }
    // What was held back. The stream then begins anew.
    const std::string& finish() {
        text_.clear();
        state_.finish(text_);
        return text_;
    }

private:
    friend class tokenizer;
    stream(tokenizer words, decode_options options)
        : words_(std::move(words)), options_(options), state_(words_.self_->parts.decoder) {}

    tokenizer words_;
    decode_options options_;
    decoding state_;
    std::string text_;
};

inline stream tokenizer::stream(decode_options options) const { return text::stream(*this, options); }

inline std::string tokenizer::decode(std::span<const token_t> ids, decode_options options) const {
    text::stream all = stream(options);
    std::string text;
    for (const token_t id : ids) text += all.push(id);
    return text += all.finish();
}

inline std::string tokenizer::bytes_of(token_t id) const { return self_->parts.decoder.bytes_of(piece(id)); }

}
