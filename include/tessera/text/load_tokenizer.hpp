// Makes a tokenizer from what is on disk or in memory.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tessera/io/gguf.hpp"
#include "tessera/io/json.hpp"
#include "tessera/text/tokenizer.hpp"
#include "tessera/text/tokenizer_gguf.hpp"
#include "tessera/text/tokenizer_json.hpp"

namespace tessera::inline TESSERA_ABI::text {

// From the texts of tokenizer.json and tokenizer_config.json (which may be empty).
inline tokenizer parse_tokenizer(std::string_view json, std::string_view config = {}) {
    tokenizer_parts parts = tokenizer_json::read_parts(io::parse_json(json));
    if (!config.empty()) tokenizer_json::read_config(io::parse_json(config), parts);
    return tokenizer(std::move(parts));
}

// From the metadata of a GGUF file.
inline tokenizer tokenizer_from(const io::json& gguf_metadata) {
    return tokenizer(tokenizer_gguf::read_parts(gguf_metadata));
}

// A directory with tokenizer.json (and what it has of tokenizer_config.json and chat_template.jinja), a tokenizer.json,
// or a .gguf file.
inline tokenizer load_tokenizer(const std::filesystem::path& path) {
    std::filesystem::path reading = path;
    try {
        if (path.extension() == ".gguf") return tokenizer_from(io::gguf::open(path.string()).metadata());
        const bool directory = std::filesystem::is_directory(path);
        reading = directory ? path / "tokenizer.json" : path;
        tokenizer_parts parts = tokenizer_json::read_parts(io::read_json(reading.string()));
        if (directory) {
            const auto config = path / "tokenizer_config.json", chat = path / "chat_template.jinja";
            if (std::filesystem::exists(config)) {
                reading = config;
                tokenizer_json::read_config(io::read_json(config.string()), parts);
            }
            if (std::filesystem::exists(chat)) parts.chat_template = io::mapped_file(chat.string()).text();
            reading = path;
        }
        return tokenizer(std::move(parts));
    } catch (const error& e) {
        throw e.in(reading.string());
    } catch (const std::filesystem::filesystem_error& e) {
        throw error(errc::io, e.code().message(), {.file = reading.string()});
    }
}

}
