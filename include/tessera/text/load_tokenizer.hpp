// Makes a tokenizer from what is on disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tessera/io/json.hpp"
#include "tessera/text/tokenizer.hpp"
#include "tessera/text/tokenizer_json.hpp"

namespace tessera::inline TESSERA_ABI::text {

// From the texts of tokenizer.json and tokenizer_config.json (which may be empty).
inline tokenizer parse_tokenizer(std::string_view json, std::string_view config = {}) {
    tokenizer_parts parts = tokenizer_json::read_parts(io::parse_json(json));
    if (!config.empty()) tokenizer_json::read_config(io::parse_json(config), parts);
    return tokenizer(std::move(parts));
}

}
