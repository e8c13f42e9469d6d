#include "tessera/text/tokenizer_gguf.hpp"

#include "support/catch.hpp"
#include "text/goldens.hpp"

using namespace tessera;

namespace {

using object = std::vector<io::json::member>;

// The metadata that a converter would write for a golden tokenizer.
object metadata_of(const std::string& name, const std::string& pre) {
    const io::json root = io::read_json(text_goldens::path(name));
    const io::json& model = root.at("model");
    io::json::array tokens(model.at("vocab").size()), types(tokens.size(), 1), merges;
    for (const auto& [piece, id] : model.at("vocab").as_object()) {
        tokens[id.as<std::size_t>()] = piece;
        if (piece.starts_with("<|")) types[id.as<std::size_t>()] = 3;
        if (piece.starts_with("<0x")) types[id.as<std::size_t>()] = 6;
    }
    for (const io::json& m : model.at("merges").as_array())
        merges.push_back(m.at(0).as_string() + " " + m.at(1).as_string());
    return {{"tokenizer.ggml.model", "gpt2"},
            {"tokenizer.ggml.pre", pre},
            {"tokenizer.ggml.tokens", tokens},
            {"tokenizer.ggml.token_type", types},
            {"tokenizer.ggml.merges", merges}};
}

void set(object& all, const std::string& key, io::json value) {
    std::erase_if(all, [&](const io::json::member& m) { return m.key == key; });
    all.push_back({key, std::move(value)});
}

text::tokenizer from(object all) { return text::tokenizer_from(io::json(io::json::object(std::move(all)))); }

errc code_of(object all) {
    try {
        from(std::move(all));
    } catch (const error& e) {
        return e.code();
    }
    FAIL("accepted");
    return {};
}

}

TEST_CASE("byte-level vocabularies of GGUF files cut text as the models' own tokenizers", "[text][tokenizer_gguf]") {
    for (const auto& [name, pre] : {std::pair{"smollm", "smollm"},
                                    {"llama3", "llama-bpe"},
                                    {"qwen3_5", "qwen35"},
                                    {"o200k", "gpt-4o"},
                                    {"deepseek3", "deepseek-v3"}}) {
        const text::tokenizer words = from(metadata_of(name, pre));
        const bool nfc = std::string_view(pre) == "qwen35";  // which the golden tokenizer does not do
        for (const auto& row : text_goldens::expected(name)) {
            CAPTURE(name, row.text);
            if (nfc && text::normalization(text::normal_form::nfc)(row.text) != row.text) continue;
            const std::size_t begin =
                std::string_view(name) == "llama3" ? 1 : 0;  // the file says nothing of a first token
            CHECK(words.encode(row.text, {.special = false}) ==
                  std::vector<token_t>(row.ids.begin() + index_t(begin), row.ids.end()));
            CHECK(words.decode(row.ids) == row.decoded);
        }
    }
}

TEST_CASE("pieces with scores join as pieces with merges do when scores follow ranks", "[text][tokenizer_gguf]") {
    object all = metadata_of("llama2", "");
    const auto& tokens = all[2].value.as_array();
    io::json::array scores(tokens.size(), 0.0), types = all[3].value.as_array();
    for (std::size_t i = 259; i < tokens.size(); ++i) scores[i] = -double(i);
    types[0] = 2;
    types[1] = types[2] = 3;
    set(all, "tokenizer.ggml.model", "llama");
    set(all, "tokenizer.ggml.scores", scores);
    set(all, "tokenizer.ggml.token_type", types);
    const text::tokenizer words = from(all);
    CHECK(words.bos() == std::optional<token_t>(1));
    CHECK(words.eos() == std::optional<token_t>(2));
    for (const auto& row : text_goldens::expected("llama2")) {
        CAPTURE(row.text);
        CHECK(words.encode(row.text) == row.ids);
        CHECK(words.decode(row.ids) == row.decoded);
    }
    set(all, "tokenizer.ggml.add_space_prefix", false);
    set(all, "tokenizer.ggml.add_bos_token", false);
    const text::tokenizer bare = from(all);
    CHECK(bare.decode(bare.encode(" a  b")) == " a  b");
    CHECK(bare.piece(bare.encode("the")[0]).substr(0, 1) == "t");
}

TEST_CASE("what is wrong in a GGUF vocabulary", "[text][tokenizer_gguf]") {
    const object good = metadata_of("smollm", "smollm");
    const auto with = [&](const std::string& key, io::json value) {
        object all = good;
        set(all, key, std::move(value));
        return all;
    };
    CHECK(from(good).size() == 600);
    CHECK(code_of({}) == errc::missing);
    CHECK(code_of(with("tokenizer.ggml.model", "bert")) == errc::unsupported);
    CHECK(code_of(with("tokenizer.ggml.model", "llama")) == errc::missing);
    CHECK(code_of(with("tokenizer.ggml.pre", "no-such")) == errc::unsupported);
    CHECK(code_of(with("tokenizer.ggml.pre", "")) == errc::unsupported);
    CHECK(code_of(with("tokenizer.ggml.tokens", io::json::array{})) == errc::format);
    CHECK(code_of(with("tokenizer.ggml.tokens", io::json::array{"a", "a"})) == errc::format);
    CHECK(code_of(with("tokenizer.ggml.tokens", io::json::array{"a\xff"})) == errc::format);
    CHECK(code_of(with("tokenizer.ggml.token_type", io::json::array{1})) == errc::format);
    CHECK(code_of(with("tokenizer.ggml.merges", io::json::array{"ab"})) == errc::format);
    CHECK(code_of(with("tokenizer.ggml.merges", io::json::array{"a no-such"})) == errc::format);
    CHECK(code_of(with("tokenizer.ggml.bos_token_id", 600)) == errc::format);
    CHECK(code_of(with("tokenizer.ggml.eos_token_id", -1)) == errc::type);
}
