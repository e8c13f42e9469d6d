// Reads tokenizer.json, the format of the `tokenizers` library.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/json.hpp"
#include "tessera/text/tokenizer.hpp"

namespace tessera::inline TESSERA_ABI::text::tokenizer_json {

[[noreturn]] inline void refuse_type(const char* what, const std::string& type) {
    throw error(errc::unsupported, "this kind is not known", {.subject = what, .found = type});
}

// Calls each(part) for a part, or for every part of a Sequence in order; nothing for null or an absent key.
template <class F>
void for_each_part(const io::json* part, const char* list, F each) {
    if (part == nullptr || part->is_null()) return;
    if (part->get_or("type", "") != "Sequence") return each(*part);
    for (const io::json& inner : part->at(list).as_array(list)) for_each_part(&inner, list, each);
}

// {"String": …} or {"Regex": …}
inline std::pair<std::string, std::shared_ptr<const pattern>> read_pattern(const io::json& part) {
    const io::json& p = part.at("pattern");
    if (p.is_string()) return {p.as_string(), nullptr};
    if (const io::json* s = p.find("String")) return {s->as_string("String"), nullptr};
    return {{}, std::make_shared<const pattern>(p.get<std::string>("Regex"))};
}

inline replacement read_replacement(const io::json& part) {
    auto [from, expression] = read_pattern(part);
    return {std::move(from), part.get<std::string>("content"), std::move(expression)};
}

inline normalizers::bert read_bert_normalizer(const io::json& part) {
    const bool lowercase = part.get_or("lowercase", true);
    const io::json* accents = part.find("strip_accents");
    const bool strip = accents == nullptr || accents->is_null() ? lowercase : accents->as_bool("strip_accents");
    return {part.get_or("clean_text", true), part.get_or("handle_chinese_chars", true), strip, lowercase};
}

inline normalizers::step read_normalizer_step(const io::json& part) {
    static constexpr std::pair<std::string_view, normal_form> forms[] = {
        {"NFC", normal_form::nfc}, {"NFD", normal_form::nfd}, {"NFKC", normal_form::nfkc}, {"NFKD", normal_form::nfkd}};
    const auto type = part.get<std::string>("type");
    for (const auto& [name, form] : forms)
        if (type == name) return normalizers::form{std::make_shared<const normalization>(form)};
    if (type == "Replace") return read_replacement(part);
    if (type == "Prepend") return normalizers::prepend{part.get<std::string>("prepend")};
    if (type == "Lowercase") return normalizers::lowercase{};
    if (type == "Strip") return normalizers::strip{part.get_or("strip_left", true), part.get_or("strip_right", true)};
    if (type == "StripAccents") return normalizers::strip_accents{};
    if (type == "Nmt") return normalizers::nmt{};
    if (type == "ByteLevel") return normalizers::byte_level{};
    if (type == "BertNormalizer") return read_bert_normalizer(part);
    if (type == "Precompiled") {
        const auto bytes = decode_base64(part.get<std::string>("precompiled_charsmap"));
        return normalizers::precompiled{std::make_shared<const charsmap>(bytes)};
    }
    refuse_type("normalizer", type);
}

inline split_behavior read_behavior(const io::json& part) {
    static constexpr std::pair<std::string_view, split_behavior> all[] = {
        {"Removed", split_behavior::removed},
        {"Isolated", split_behavior::isolated},
        {"MergedWithPrevious", split_behavior::merged_with_previous},
        {"MergedWithNext", split_behavior::merged_with_next},
        {"Contiguous", split_behavior::contiguous}};
    const std::string name = part.get_or("behavior", "Isolated");
    for (const auto& [known, behavior] : all)
        if (name == known) return behavior;
    refuse_type("behavior", name);
}

inline pre_tokenizers::split read_split(const io::json& part) {
    pre_tokenizers::split s{.behavior = read_behavior(part), .invert = part.get_or("invert", false)};
    const io::json& p = part.at("pattern");
    if (p.is_object() && p.has("Regex")) s.rule = word_rule_of(p.get<std::string>("Regex"));
    std::tie(s.literal, s.expression) = read_pattern(part);
    return s;
}

inline std::string read_character(const io::json& part, const char* key) {
    const auto text = part.get<std::string>(key);
    if (only_code_point(text) > 0x10ffff)
        throw error(errc::format, "not one character", {.subject = key, .found = text});
    return text;
}

inline pre_tokenizers::metaspace read_metaspace(const io::json& part) {
    using pre_tokenizers::prepend;
    const bool never = !part.get_or("add_prefix_space", true);
    const std::string scheme = part.get_or("prepend_scheme", never ? "never" : "always");
    if (scheme != "always" && scheme != "first" && scheme != "never") refuse_type("prepend_scheme", scheme);
    return {part.has("replacement") ? read_character(part, "replacement") : "\xe2\x96\x81",
            scheme == "always"  ? prepend::always
            : scheme == "first" ? prepend::first
                                : prepend::never,
            part.get_or("split", true)};
}

inline pre_tokenizers::step read_pre_tokenizer_step(const io::json& part) {
    const auto type = part.get<std::string>("type");
    if (type == "ByteLevel")
        return pre_tokenizers::byte_level{part.get_or("add_prefix_space", true), part.get_or("use_regex", true)};
    if (type == "Split") return read_split(part);
    if (type == "Digits") return pre_tokenizers::digits{part.get_or("individual_digits", false)};
    if (type == "Metaspace") return read_metaspace(part);
    if (type == "Whitespace") return pre_tokenizers::whitespace{};
    if (type == "WhitespaceSplit") return pre_tokenizers::whitespace_split{};
    if (type == "Punctuation") return pre_tokenizers::punctuation{read_behavior(part)};
    if (type == "BertPreTokenizer") return pre_tokenizers::bert{};
    if (type == "CharDelimiterSplit")
        return pre_tokenizers::split{.literal = read_character(part, "delimiter"), .behavior = split_behavior::removed};
    refuse_type("pre_tokenizer", type);
}

inline decoders::step read_decoder_step(const io::json& part) {
    const auto type = part.get<std::string>("type");
    if (type == "ByteLevel") return decoders::byte_level{};
    if (type == "ByteFallback") return decoders::byte_fallback{};
    if (type == "Fuse") return decoders::fuse{};
    if (type == "Replace") return read_replacement(part);
    if (type == "Metaspace") {
        const pre_tokenizers::metaspace m = read_metaspace(part);
        return decoders::metaspace{m.replacement, m.scheme != pre_tokenizers::prepend::never};
    }
    if (type == "Strip") {
        return decoders::strip{read_character(part, "content"), part.get<std::size_t>("start"),
                               part.get<std::size_t>("stop")};
    }
    if (type == "WordPiece") return decoders::word_piece{part.get_or("prefix", "##"), part.get_or("cleanup", true)};
    if (type == "CTC")
        return decoders::ctc{part.get_or("pad_token", "<pad>"), part.get_or("word_delimiter_token", "|"),
                             part.get_or("cleanup", true)};
    if (type == "BPEDecoder") return decoders::bpe{part.get_or("suffix", "</w>")};
    refuse_type("decoder", type);
}

inline vocabulary read_vocabulary(const io::json& model) {
    const io::json::object& all = model.at("vocab").as_object("vocab");
    vocabulary pieces;
    pieces.reserve(all.size());
    for (const auto& [piece, id] : all) pieces.add(id.as<token_t>(piece), piece);
    return pieces;
}

// ["a", "b"], or "a b" in older files.
inline std::pair<std::string, std::string> read_merge(const io::json& m) {
    if (m.is_array() && m.size() == 2) return {m.at(0).as_string("merges"), m.at(1).as_string("merges")};
    if (m.is_string()) {
        const std::string& both = m.as_string();
        const std::size_t space = both.find(' ');
        if (space != both.npos && both.find(' ', space + 1) == both.npos)
            return {both.substr(0, space), both.substr(space + 1)};
    }
    throw error(errc::format, "not a pair of pieces", {.subject = "merges", .found = io::to_text(m).substr(0, 80)});
}

inline bpe read_bpe(const io::json& model, bool bytes) {
    if (model.get_or("dropout", 0.0) != 0)
        throw error(errc::unsupported, "tokens would be chosen at random", {.subject = "dropout"});
    std::vector<std::pair<std::string, std::string>> merges;
    for (const io::json& m : model.at("merges").as_array("merges"))
        if (!(m.is_string() && m.as_string().starts_with("#version"))) merges.push_back(read_merge(m));
    return bpe(read_vocabulary(model), merges,
               {.unknown = model.get_or("unk_token", ""),
                .prefix = model.get_or("continuing_subword_prefix", ""),
                .suffix = model.get_or("end_of_word_suffix", ""),
                .fuse_unknown = model.get_or("fuse_unk", false),
                .byte_fallback = model.get_or("byte_fallback", false),
                .ignore_merges = model.get_or("ignore_merges", false),
                .bytes = bytes});
}

// [["▁the", -3.1], …] and the place of the unknown piece
inline unigram read_unigram(const io::json& model) {
    vocabulary pieces;
    std::vector<double> scores;
    for (const io::json& entry : model.at("vocab").as_array("vocab")) {
        if (!entry.is_array() || entry.size() != 2)
            throw error(errc::format, "not a piece and its score",
                        {.subject = "vocab", .found = io::to_text(entry).substr(0, 80)});
        pieces.add(static_cast<token_t>(scores.size()), entry.at(0).as_string("vocab"));
        scores.push_back(entry.at(1).as<double>("vocab"));
    }
    const io::json* unknown = model.find("unk_id");
    const bool none = unknown == nullptr || unknown->is_null();
    return unigram(std::move(pieces), std::move(scores),
                   none ? vocabulary::absent : static_cast<token_t>(unknown->as<std::uint32_t>("unk_id") & 0x7fffffffu),
                   model.get_or("byte_fallback", false));
}

inline word_piece read_word_piece(const io::json& model) {
    return word_piece(read_vocabulary(model), model.get_or("unk_token", "[UNK]"),
                      model.get_or("continuing_subword_prefix", "##"),
                      model.get_or<std::size_t>("max_input_chars_per_word", 100));
}

// Older files do not name the kind.
inline std::string kind_of(const io::json& model) {
    if (const io::json* type = model.find("type")) return type->as_string("type");
    const bool pieces = model.has("max_input_chars_per_word") && !model.has("merges");
    return pieces ? "WordPiece" : model.at("vocab").is_array() ? "Unigram" : "BPE";
}

inline word_model read_model(const io::json& model, bool bytes) {
    const std::string type = kind_of(model);
    if (type == "BPE") return read_bpe(model, bytes);
    if (type == "WordLevel") return word_level(read_vocabulary(model), model.get<std::string>("unk_token"));
    if (type == "WordPiece") return read_word_piece(model);
    if (type == "Unigram") return read_unigram(model);
    refuse_type("model", type);
}

inline std::vector<added_token> read_added_tokens(const io::json& root) {
    std::vector<added_token> tokens;
    const io::json* all = root.find("added_tokens");
    if (all == nullptr || all->is_null()) return tokens;
    for (const io::json& t : all->as_array("added_tokens")) {
        const auto id = t.get<token_t>("id");
        if (id < 0)
            throw error(errc::format, "a token's number is negative", {.subject = t.get<std::string>("content")});
        tokens.push_back({.content = t.get<std::string>("content"),
                          .special = t.get_or("special", false),
                          .normalized = t.get_or("normalized", true),
                          .single_word = t.get_or("single_word", false),
                          .left_strip = t.get_or("lstrip", false),
                          .right_strip = t.get_or("rstrip", false)});
    }
    return tokens;
}

// [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, …], where every text comes
// once; `tokens` is {"<s>": {"ids": [1]}, …}.
inline std::vector<post_processor::item> read_template(const io::json& list, const io::json* tokens,
                                                       std::int32_t texts) {
    std::vector<post_processor::item> all;
    std::int32_t found = 0;
    for (const io::json& item : list.as_array("post_processor")) {
        if (const io::json* text = item.find("Sequence")) {
            const std::int32_t which = text->get_or("id", "A") == "A" ? 0 : 1;
            found |= 1 << which | (found & 1 << which) << 2;
            all.push_back({.text = which, .type = text->get_or<std::int32_t>("type_id", 0)});
            continue;
        }
        const io::json& token = item.at("SpecialToken");
        const auto name = token.get<std::string>("id");
        if (tokens == nullptr) throw error(errc::missing, "no numbers of special tokens", {.subject = name});
        for (const token_t id : tokens->at(name).get<std::vector<token_t>>("ids"))
            all.push_back({-1, id, token.get_or<std::int32_t>("type_id", 0)});
    }
    if (found != (1 << texts) - 1)
        throw error(errc::unsupported, "a template that does not have every text once", {.subject = "post_processor"});
    return all;
}

// ["</s>", 2]
inline token_t read_token(const io::json& part, const char* key) { return part.at(key).at(1).as<token_t>(key); }

// [CLS] A [SEP] B [SEP], or <s> A </s> </s> B </s>, all of type 0.
inline void read_classifier(const io::json& part, bool roberta, post_processor& out) {
    const token_t begin = read_token(part, "cls"), end = read_token(part, "sep");
    const std::int32_t second = roberta ? 0 : 1;
    out.single = {{-1, begin, 0}, {.text = 0}, {-1, end, 0}};
    out.pair = out.single;
    if (roberta) out.pair.push_back({-1, end, 0});
    out.pair.push_back({.text = 1, .type = second});
    out.pair.push_back({-1, end, second});
}

inline void read_post_processor(const io::json& part, post_processor& out) {
    const auto type = part.get<std::string>("type");
    const bool roberta = type == "RobertaProcessing", trims = roberta || type == "ByteLevel";
    if (trims && part.get_or("trim_offsets", true)) out.trim.push_back({part.get_or("add_prefix_space", true)});
    if (type == "ByteLevel") return;
    if (out.count(false) > 0)
        throw error(errc::unsupported, "more than one post-processor that adds tokens", {.found = type});
    if (type == "TemplateProcessing") {
        const io::json *tokens = part.find("special_tokens"), *pair = part.find("pair");
        out.single = read_template(part.at("single"), tokens, 1);
        const bool none = pair == nullptr || pair->is_null() || (pair->is_array() && pair->size() == 0);
        if (!none) out.pair = read_template(*pair, tokens, 2);
    } else if (type == "BertProcessing" || roberta) {
        read_classifier(part, roberta, out);
    } else {
        refuse_type("post_processor", type);
    }
}

inline tokenizer_parts read_parts(const io::json& root) {
    std::vector<normalizers::step> normalizing;
    for_each_part(root.find("normalizer"), "normalizers",
                  [&](const io::json& p) { normalizing.push_back(read_normalizer_step(p)); });
    std::vector<pre_tokenizers::step> cutting;
    for_each_part(root.find("pre_tokenizer"), "pretokenizers",
                  [&](const io::json& p) { cutting.push_back(read_pre_tokenizer_step(p)); });
    std::vector<decoders::step> decoding;
    for_each_part(root.find("decoder"), "decoders",
                  [&](const io::json& p) { decoding.push_back(read_decoder_step(p)); });
    const io::json& model = root.at("model");
    const bool bytes = kind_of(model) == "BPE" && pre_tokenizers::end_in_bytes(cutting);
    tokenizer_parts parts{.model = read_model(model, bytes),
                          .normalizer = normalizer(std::move(normalizing)),
                          .pre_tokenizer = pre_tokenizer(std::move(cutting), bytes),
                          .added = read_added_tokens(root)};
    const io::json* decoder_part = root.find("decoder");
    if (decoder_part != nullptr && !decoder_part->is_null()) parts.decoder = decoder(std::move(decoding));
    for_each_part(root.find("post_processor"), "processors",
                  [&](const io::json& p) { read_post_processor(p, parts.post_processor); });
    return parts;
}

// A token in tokenizer_config.json: "</s>" or {"content": "</s>", …}; empty when null or absent.
inline std::string read_piece(const io::json& config, const char* key) {
    const io::json* token = config.find(key);
    if (token == nullptr || token->is_null()) return {};
    return token->is_object() ? token->get<std::string>("content") : token->as_string(key);
}

// A template, or a list of named ones of which "default" counts.
inline std::string read_chat_template(const io::json& config) {
    const io::json* t = config.find("chat_template");
    if (t == nullptr || t->is_null()) return {};
    if (t->is_string()) return t->as_string();
    for (const io::json& named : t->as_array("chat_template"))
        if (named.get_or("name", "") == "default") return named.get<std::string>("template");
    return {};
}

// What tokenizer_config.json adds.
inline void read_config(const io::json& config, tokenizer_parts& parts) {
    parts.bos = read_piece(config, "bos_token");
    parts.eos = read_piece(config, "eos_token");
    parts.chat_template = read_chat_template(config);
    for (const auto& [key, flag] : {std::pair{"add_bos_token", &parts.add_bos}, {"add_eos_token", &parts.add_eos}})
        if (const io::json* v = config.find(key); v != nullptr && !v->is_null()) *flag = v->as_bool(key);
}

}
