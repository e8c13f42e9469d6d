// The small tokenizers of tests/golden/text and what the reference answers.
#pragma once

#include <string>
#include <vector>

#include "tessera/io/json.hpp"
#include "tessera/text/load_tokenizer.hpp"

namespace text_goldens {

using namespace tessera;

inline const std::vector<std::string>& names() {
    static const std::vector<std::string> all = {"gpt2",     "gpt2-prefix", "llama3",          "qwen2",
                                                 "smollm",   "llama2",      "metaspace-first", "metaspace-always",
                                                 "gemma",    "odd",         "words",           "qwen3_5",
                                                 "cl100k",   "o200k",       "deepseek3",       "removed",
                                                 "inverted", "next",        "previous",        "contiguous",
                                                 "lookahead"};
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

}
