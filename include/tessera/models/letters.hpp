// The letters that the labels of a model for connectionist temporal classification stand for, from vocab.json,
// tokenizer_config.json and special_tokens_map.json.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/io/json.hpp"
#include "tessera/models/config_keys.hpp"
#include "tessera/text/unicode.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct letters {
    std::map<token_t, std::string> of{};  // without blank, delimiter and special tokens
    token_t blank = 0;
    token_t delimiter = -1;  // stands between words; -1: nothing does
};

namespace detail {

// A token is a text, or an object with its text as `content`.
inline std::string token_text(const io::json& token, std::string_view key) {
    return token.is_object() ? token.get<std::string>("content") : token.as_string(key);
}

// A named token of the first of the files that has it.
inline std::string named_token(const std::vector<io::json>& files, std::string_view key, std::string_view otherwise) {
    for (const io::json& file : files)
        if (const io::json* token = present(file, key)) return token_text(*token, key);
    return std::string(otherwise);
}

// What is no letter: the named tokens and the list of others.
inline std::set<std::string> special_letters(const std::vector<io::json>& files) {
    std::set<std::string> all{named_token(files, "bos_token", "<s>"), named_token(files, "eos_token", "</s>"),
                              named_token(files, "unk_token", "<unk>")};
    constexpr std::string_view others = "additional_special_tokens";
    for (const io::json& file : files)
        if (const io::json* list = present(file, others))
            for (const io::json& token : list->as_array(others)) all.insert(token_text(token, others));
    return all;
}

inline std::string lower_case(std::string_view text) {
    std::string lower;
    for (std::size_t at = 0; at < text.size();) {
        const text::code_point c = text::decode(text.data() + at);
        text::append(lower, text::to_lower(c.code));
        at += std::size_t(c.bytes);
    }
    return lower;
}

}

// vocabulary: label of each letter, or of each language's; settings: the files that name tokens, the first first.
// Throws errc::format when there is no blank, errc::missing when the language has no letters.
inline letters read_letters(const io::json& vocabulary, const std::vector<io::json>& settings) {
    const io::json& main = settings.front();
    const io::json* language = present(main, "target_lang");
    const io::json& labels = language == nullptr ? vocabulary : vocabulary.at(language->as_string("target_lang"));
    const std::string blank = detail::named_token(settings, "pad_token", "<pad>"),
                      delimiter = detail::named_token(settings, "word_delimiter_token", "|");
    const std::set<std::string> special = detail::special_letters(settings);
    require_option<std::string>(main, "replace_word_delimiter_char", " ");
    const bool lowers = main.get_or("do_lower_case", false);
    letters all{.blank = -1};
    for (const io::json::member& m : labels.as_object()) {
        const auto label = static_cast<token_t>(checked_size(m.value.as<std::int64_t>(m.key), m.key, 0));
        if (m.key == blank) {
            all.blank = label;
        } else if (m.key == delimiter) {
            all.delimiter = label;
        } else if (special.find(m.key) == special.end()) {
            all.of[label] = lowers ? detail::lower_case(m.key) : m.key;
        }
    }
    if (all.blank < 0) throw error(errc::format, "the vocabulary has no blank", {.expected = blank});
    return all;
}

// Of a model's directory. Throws errc::missing, naming the file, where that has no vocabulary; errc::unsupported for
// labels that are no letters.
inline letters open_letters(const std::filesystem::path& directory) {
    const std::filesystem::path vocabulary = directory / "vocab.json";
    if (!std::filesystem::exists(vocabulary))
        throw error(errc::missing, "the letters of the model's labels are not there", {.file = vocabulary.string()});
    std::vector<io::json> settings;
    for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
        const std::filesystem::path file = directory / name;
        settings.push_back(std::filesystem::exists(file) ? io::read_json(file.string()) : io::parse_json("{}"));
    }
    try {
        const std::string kind = settings.front().get_or("tokenizer_class", std::string("Wav2Vec2CTCTokenizer"));
        if (kind != "Wav2Vec2CTCTokenizer" && kind != "Wav2Vec2Tokenizer")
            throw error(errc::unsupported, "no such labels here",
                        {.subject = "tokenizer_class", .expected = "Wav2Vec2CTCTokenizer", .found = kind});
        return read_letters(io::read_json(vocabulary.string()), settings);
    } catch (const error& e) {
        throw e.in(vocabulary.string());
    }
}

}
