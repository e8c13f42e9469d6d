// The small tokenizers of tests/golden/text and what the reference answers.
#pragma once

#include <string>
#include <vector>

#include "tessera/io/json.hpp"
#include "tessera/text/load_tokenizer.hpp"

namespace text_goldens {

using namespace tessera;

inline const std::vector<std::string>& names() {
    static const std::vector<std::string> all = {"gpt2",
                                                 "gpt2-prefix",
                                                 "llama3",
                                                 "qwen2",
                                                 "smollm",
                                                 "llama2",
                                                 "metaspace-first",
                                                 "metaspace-always",
                                                 "gemma",
                                                 "odd",
                                                 "words",
                                                 "qwen3_5",
                                                 "cl100k",
                                                 "o200k",
                                                 "deepseek3",
                                                 "removed",
                                                 "inverted",
                                                 "next",
                                                 "previous",
                                                 "contiguous",
                                                 "lookahead",
                                                 "bert",
                                                 "bert-cased",
                                                 "delimited",
                                                 "t5",
                                                 "albert",
                                                 "nmt",
                                                 "roberta",
                                                 "byte-normalizer",
                                                 "clip",
                                                 "ctc"};
    return all;
}

inline std::string path(const std::string& name) { return "tests/golden/text/" + name + ".json"; }
inline text::tokenizer load(const std::string& name) { return text::load_tokenizer(path(name)); }

struct row {
    std::string text;
    std::vector<token_t> ids;
    std::string decoded, without_special;
};

inline std::vector<row> expected(const std::string& name) {
    std::vector<row> rows;
    for (const io::json& r : io::read_json(path(name + ".expected")).as_array())
        rows.push_back(
            {r.at(0).as_string(), r.at(1).as<std::vector<token_t>>(), r.at(2).as_string(), r.at(3).as_string()});
    return rows;
}

// A row of NAME.encodings.json.
struct encoded_row {
    std::vector<std::string> texts;
    text::encoding_options options;
    std::vector<text::encoding> windows;
};

inline text::encoding encoding_of(const io::json& window) {
    const auto list = [&](std::size_t i) { return window.at(i).as<std::vector<std::int32_t>>(); };
    text::encoding e{.ids = list(0), .type_ids = list(1), .texts = list(3), .words = list(4)};
    const std::vector<std::int32_t> ends = list(2);
    for (std::size_t i = 0; i < ends.size(); i += 2) e.offsets.push_back({ends[i], ends[i + 1]});
    return e;
}

inline std::vector<encoded_row> encodings(const std::string& name) {
    std::vector<encoded_row> rows;
    const io::json all = io::read_json(path(name + ".encodings"));
    for (const io::json& r : all.as_array()) {
        encoded_row row{.texts = {r.at(0).as_string()}, .options = {}, .windows = {}};
        if (!r.at(1).is_null()) row.texts.push_back(r.at(1).as_string());
        if (const io::json& o = r.at(2); !o.is_null())
            row.options = {.special = o.at(4).as_bool("special"),
                           .max_length = o.at(0).as<index_t>(),
                           .truncate = text::truncation(o.at(1).as<int>()),
                           .cut = o.at(3).as_bool("left") ? text::side::left : text::side::right,
                           .stride = o.at(2).as<index_t>()};
        for (const io::json& w : r.at(3).as_array()) row.windows.push_back(encoding_of(w));
        rows.push_back(std::move(row));
    }
    return rows;
}

}
