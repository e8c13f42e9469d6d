// Text to token ids and back: standard input is JSON lines, each a string (or an id list), so is standard output.
#include <iostream>

#include "program.hpp"
#include "tessera/text/load_tokenizer.hpp"

namespace {

using namespace tessera;

std::string encoded(const text::tokenizer& words, const io::json& line, bool special) {
    io::json::array ids;
    for (const token_t id : words.encode(line.as_string(), {.special = special})) ids.push_back(id);
    return io::to_text(std::move(ids));
}

std::string decoded(const text::tokenizer& words, const io::json& line, bool special) {
    return io::to_text(words.decode(line.as<std::vector<token_t>>(), {.skip_special = !special}));
}

}

int main(int argc, char** argv) {
    CLI::App app("Text to token ids and back: a JSON string or list of ids on every line", "tokenize");
    std::string path;
    bool decode = false, no_special = false;
    app.add_option("TOKENIZER_OR_MODEL", path, "a directory, a tokenizer.json or a .gguf file")->required();
    app.add_flag("--decode", decode, "lines are lists of ids; writes strings");
    app.add_flag("--no-special", no_special,
                 "without what post-processing adds; when decoding, without special tokens");
    return examples::run_program(app, argc, argv, [&] {
        const text::tokenizer words = text::load_tokenizer(path);
        std::string line, out;
        for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
            if (line.find_first_not_of(" \t\r") == line.npos) continue;
            try {
                const io::json value = io::parse_json(line);
                out = decode ? decoded(words, value, !no_special) : encoded(words, value, !no_special);
            } catch (const error& e) {
                throw e.in("standard input, line " + std::to_string(number));
            }
            std::printf("%s\n", out.c_str());
        }
    });
}
