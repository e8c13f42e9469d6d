// Reads the vocabulary that a GGUF file carries: byte-level pieces with merges, or SentencePiece's with scores.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tessera/io/json.hpp"
#include "tessera/text/gguf_pre.hpp"
#include "tessera/text/tokenizer.hpp"

namespace tessera::inline TESSERA_ABI::text::tokenizer_gguf {

// tokenizer.ggml.token_type
enum class piece_type { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

inline const io::json::array& read_array(const io::json& metadata, const char* key, std::size_t least) {
    const io::json::array& all = metadata.at(key).as_array(key);
    if (all.size() < least)
        throw error(errc::format, "too short",
                    {.subject = key, .expected = std::to_string(least), .found = std::to_string(all.size())});
    return all;
}

inline const std::string& read_text(const io::json& value, const char* key) {
    const std::string& text = value.as_string(key);
    if (!is_well_formed(text)) throw error(errc::format, "text that is not UTF-8", {.subject = key});
    return text;
}

inline vocabulary read_vocabulary(const io::json& metadata) {
    const io::json::array& all = read_array(metadata, "tokenizer.ggml.tokens", 1);
    vocabulary pieces;
    pieces.reserve(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::string& piece = read_text(all[i], "tokenizer.ggml.tokens");
        const auto id = static_cast<token_t>(i);
        piece.empty() ? pieces.add(id, "[EMPTY_" + std::to_string(i) + "]") : pieces.add(id, piece);
    }
    return pieces;
}

// Control, unknown and user-defined pieces are found in the text before it is cut.
inline std::vector<added_token> read_added_tokens(const io::json& metadata, const vocabulary& pieces) {
    std::vector<added_token> added;
    if (!metadata.has("tokenizer.ggml.token_type")) return added;
    const auto& types = read_array(metadata, "tokenizer.ggml.token_type", std::size_t(pieces.size()));
    for (token_t id = 0; id < pieces.size(); ++id) {
        const auto type = piece_type(types[std::size_t(id)].as<int>("tokenizer.ggml.token_type"));
        const bool special = type == piece_type::control || type == piece_type::unknown;
        if (special || type == piece_type::user_defined)
            added.push_back({.content = std::string(pieces.piece(id)), .special = special});
    }
    return added;
}

inline bpe read_bpe(const io::json& metadata, vocabulary pieces, bool ignore_merges) {
    std::vector<std::pair<std::string, std::string>> merges;
    for (const io::json& m : read_array(metadata, "tokenizer.ggml.merges", 0)) {
        const std::string& both = read_text(m, "tokenizer.ggml.merges");
        const std::size_t space = both.find(' ', 1);
        if (space == both.npos)
            throw error(errc::format, "not a pair of pieces", {.subject = "tokenizer.ggml.merges", .found = both});
        merges.emplace_back(both.substr(0, space), both.substr(space + 1));
    }
    return bpe(std::move(pieces), merges, {.ignore_merges = ignore_merges, .bytes = true});
}

inline tokenizer_parts read_byte_level(const io::json& metadata) {
    const gguf_pre::kind& kind = gguf_pre::find(metadata.get_or("tokenizer.ggml.pre", "default"));
    vocabulary pieces = read_vocabulary(metadata);
    std::vector<added_token> added = read_added_tokens(metadata, pieces);
    std::vector<normalizers::step> normalizing;
    if (kind.nfc) normalizing.emplace_back(normalizers::form{std::make_shared<const normalization>(normal_form::nfc)});
    return {.model = read_bpe(metadata, std::move(pieces), kind.ignore_merges),
            .normalizer = normalizer(std::move(normalizing)),
            .pre_tokenizer = pre_tokenizer(gguf_pre::steps_of(kind), true),
            .decoder = decoder({decoders::byte_level{}}),
            .added = std::move(added),
            .add_bos = kind.add_bos};
}

inline tokenizer_parts read_sentencepiece(const io::json& metadata) {
    constexpr auto mark = "\xe2\x96\x81";  // U+2581 for a space
    vocabulary pieces = read_vocabulary(metadata);
    std::vector<added_token> added = read_added_tokens(metadata, pieces);
    std::vector<float> scores;
    for (const io::json& s : read_array(metadata, "tokenizer.ggml.scores", std::size_t(pieces.size())))
        scores.push_back(s.as<float>("tokenizer.ggml.scores"));
    const bool prefix = metadata.get_or("tokenizer.ggml.add_space_prefix", true);
    std::vector<normalizers::step> normalizing;
    if (prefix) normalizing.emplace_back(normalizers::prepend{mark});
    normalizing.emplace_back(replacement{" ", mark});
    std::vector<decoders::step> decoding{replacement{mark, " "}, decoders::byte_fallback{}, decoders::fuse{}};
    if (prefix) decoding.emplace_back(decoders::strip{" ", 1, 0});
    const token_t unknown = metadata.get_or<token_t>("tokenizer.ggml.unknown_token_id", 0);
    return {.model = score_bpe(std::move(pieces), std::move(scores), unknown),
            .normalizer = normalizer(std::move(normalizing)),
            .decoder = decoder(std::move(decoding)),
            .added = std::move(added),
            .add_bos = true};
}

// The piece whose number a key gives, or `otherwise` where the key is absent.
inline std::string read_piece(const io::json& metadata, const char* key, std::string otherwise) {
    const io::json* id = metadata.find(key);
    if (id == nullptr) return otherwise;
    const auto& all = read_array(metadata, "tokenizer.ggml.tokens", 1);
    const auto i = id->as<std::size_t>(key);
    if (i >= all.size())
        throw error(
            errc::format, "no such token",
            {.subject = key, .expected = "less than " + std::to_string(all.size()), .found = std::to_string(i)});
    return all[i].as_string(key);
}

inline tokenizer_parts read_parts(const io::json& metadata) {
    const auto model = metadata.get<std::string>("tokenizer.ggml.model");
    if (model != "gpt2" && model != "llama")
        throw error(errc::unsupported, "this kind of vocabulary is not known",
                    {.subject = "tokenizer.ggml.model", .found = model});
    const bool scored = model == "llama";
    tokenizer_parts parts = scored ? read_sentencepiece(metadata) : read_byte_level(metadata);
    parts.bos = read_piece(metadata, "tokenizer.ggml.bos_token_id", scored ? "<s>" : "");
    parts.eos = read_piece(metadata, "tokenizer.ggml.eos_token_id", scored ? "</s>" : "");
    parts.add_bos = metadata.get_or("tokenizer.ggml.add_bos_token", *parts.add_bos);
    parts.add_eos = metadata.get_or("tokenizer.ggml.add_eos_token", false);
    parts.chat_template = metadata.get_or("tokenizer.chat_template", "");
    return parts;
}

}
