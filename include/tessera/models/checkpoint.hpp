// The files of one model, opened: configuration, weights and generation defaults of a directory or of a GGUF file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "tessera/io/gguf.hpp"
#include "tessera/io/json.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/io/source.hpp"
#include "tessera/models/gguf_files.hpp"
#include "tessera/models/kept_adapters.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct checkpoint {
    std::string path;            // the directory or file, for messages
    io::json config;             // as config.json spells it, also when read from GGUF
    io::json generation;         // generation_config.json; an empty object when there is none
    io::any_source weights;      // under the names of the Hugging Face checkpoint, also when read from GGUF
    bool gguf = false;           // GGUF conventions: transposed, permuted or shifted where its converter does so
    bool halves_paired = false;  // the permutation: rows of queries and keys that rotate together are neighbours
    std::shared_ptr<const kept_adapters> adapters{};  // null for none

    // The file that `config` came from, for messages.
    std::string config_path() const { return gguf ? path : (std::filesystem::path(path) / "config.json").string(); }
};

inline bool is_gguf(const std::filesystem::path& path) { return path.extension() == ".gguf"; }

// Opens a directory (config.json and *.safetensors) or a .gguf file.
inline checkpoint open_checkpoint(const std::filesystem::path& path) {
    namespace fs = std::filesystem;
    if (!fs::exists(path)) throw error(errc::io, "no such file or directory", {.file = path.string()});
    if (is_gguf(path)) {
        gguf_files files(io::gguf::open(path.string()));
        io::json config = files.config(), generation = files.generation();
        const bool paired = files.pairs_halves();
        return {path.string(), std::move(config), std::move(generation), std::move(files), true, paired};
    }
    if (!fs::is_directory(path))
        throw error(errc::format, "not a model",
                    {.file = path.string(), .expected = "a directory with config.json or a .gguf file"});
    const fs::path defaults = path / "generation_config.json";
    return {path.string(), io::read_json((path / "config.json").string(), {.non_finite = true}),
            fs::exists(defaults) ? io::read_json(defaults.string()) : io::json(io::json::object{}),
            io::safetensors::open(path.string())};
}

}
