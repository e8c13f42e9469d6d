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

inline pre_tokenizers::metaspace read_metaspace(const io::json& part) {
    using pre_tokenizers::prepend;
    const bool never = !part.get_or("add_prefix_space", true);
    const std::string scheme = part.get_or("prepend_scheme", never ? "never" : "always");
    if (scheme != "always" && scheme != "first" && scheme != "never") refuse_type("prepend_scheme", scheme);
    const std::string mark = part.get_or("replacement", "\xe2\x96\x81");
    if (only_code_point(mark) > 0x10ffff)
        throw error(errc::format, "not one character", {.subject = "replacement", .found = mark});
    return {mark,
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
        decoders::strip s{part.get<std::string>("content"), part.get<std::size_t>("start"),
                          part.get<std::size_t>("stop")};
        if (only_code_point(s.content) > 0x10ffff)
            throw error(errc::format, "not one character", {.subject = "content", .found = s.content});
        return s;
    }
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

inline word_model read_model(const io::json& model, bool bytes) {
    const std::string type = model.get_or("type", "BPE");
    if (type == "BPE") return read_bpe(model, bytes);
    if (type == "WordLevel") return word_level(read_vocabulary(model), model.get<std::string>("unk_token"));
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

// {"single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}, …], "special_tokens": {"<s>": {"ids": [1]}}}
inline void read_template(const io::json& part, std::vector<token_t>& before, std::vector<token_t>& after) {
    bool behind = false;
    for (const io::json& item : part.at("single").as_array("single")) {
        if (const io::json* sequence = item.find("Sequence")) {
            if (behind || sequence->get_or("id", "A") != "A")
                throw error(errc::unsupported, "a template that has other than one text",
                            {.subject = "post_processor"});
            behind = true;
            continue;
        }
        const auto name = item.at("SpecialToken").get<std::string>("id");
        const auto ids = part.at("special_tokens").at(name).get<std::vector<token_t>>("ids");
        std::vector<token_t>& list = behind ? after : before;
        list.insert(list.end(), ids.begin(), ids.end());
    }
    if (!behind) throw error(errc::unsupported, "a template without the text", {.subject = "post_processor"});
}

// ["</s>", 2]
inline token_t read_pair(const io::json& part, const char* key) { return part.at(key).at(1).as<token_t>(key); }

inline void read_post_processor(const io::json& part, tokenizer_parts& out) {
    const auto type = part.get<std::string>("type");
    std::vector<token_t> before, after;
    if (type == "TemplateProcessing") {
        read_template(part, before, after);
    } else if (type == "BertProcessing" || type == "RobertaProcessing") {
        before = {read_pair(part, "cls")};
        after = {read_pair(part, "sep")};
    } else if (type != "ByteLevel") {
        refuse_type("post_processor", type);
    }
    out.before.insert(out.before.begin(), before.begin(), before.end());
    out.after.insert(out.after.end(), after.begin(), after.end());
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
    const bool bytes = model.get_or("type", "BPE") == "BPE" && pre_tokenizers::end_in_bytes(cutting);
    tokenizer_parts parts{.model = read_model(model, bytes),
                          .normalizer = normalizer(std::move(normalizing)),
                          .pre_tokenizer = pre_tokenizer(std::move(cutting), bytes),
                          .added = read_added_tokens(root)};
    const io::json* decoder_part = root.find("decoder");
    if (decoder_part != nullptr && !decoder_part->is_null()) parts.decoder = decoder(std::move(decoding));
    for_each_part(root.find("post_processor"), "processors", [&](const io::json& p) { read_post_processor(p, parts); });
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
