#include "tessera/text/tokenizer_json.hpp"

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "text/goldens.hpp"

using namespace tessera;

namespace {

std::string read(const std::string& path) { return std::string(io::mapped_file(path).text()); }

std::string with(const std::string& key, const std::string& value) {
    std::string all = R"({"added_tokens":[],"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]})";
    return all + ",\"" + key + "\":" + value + "}";
}

errc code_of(const std::string& json, const std::string& config = {}) {
    try {
        text::parse_tokenizer(json, config);
    } catch (const error& e) {
        return e.code();
    }
    FAIL("accepted: " + json);
    return {};
}

}

TEST_CASE("what is wrong in a tokenizer.json", "[text][tokenizer_json]") {
    const auto model = [](const std::string& m) { return "{\"model\":" + m + "}"; };
    CHECK(text::parse_tokenizer(with("decoder", "null")).encode("abab") == std::vector<token_t>{2, 2});
    CHECK(code_of("{}") == errc::missing);
    CHECK(code_of("[]") == errc::type);
    CHECK(code_of(model("{}")) == errc::missing);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":0}})")) == errc::missing);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":"x"},"merges":[]})")) == errc::type);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":-1},"merges":[]})")) == errc::format);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":2000000000},"merges":[]})")) == errc::format);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":99999999999},"merges":[]})")) == errc::type);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":0,"b":0},"merges":[]})")) == errc::format);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","c"]]})")) == errc::format);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","b"]]})")) == errc::format);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":0},"merges":["a"]})")) == errc::format);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{"a":0},"merges":["a a a"]})")) == errc::format);
    CHECK(code_of(model(R"({"type":"BPE","vocab":{},"merges":[],"dropout":0.1})")) == errc::unsupported);
    CHECK(code_of(model(R"({"type":"Lattice","vocab":[]})")) == errc::unsupported);
    CHECK(code_of(with("normalizer", R"({"type":"Precompiled"})")) == errc::missing);
    CHECK(code_of(with("normalizer", R"({"type":"Precompiled","precompiled_charsmap":"AAA"})")) == errc::format);
    CHECK(code_of(with("normalizer", R"({"type":"Precompiled","precompiled_charsmap":"AAAA"})")) == errc::format);
    CHECK(code_of(with("normalizer", R"({"type":"BertNormalizer","strip_accents":"yes"})")) == errc::type);
    CHECK(code_of(with("pre_tokenizer", R"({"type":"Split","pattern":{"Regex":"(?<=a)b"},"behavior":"Isolated"})")) ==
          errc::unsupported);
    CHECK(code_of(with("pre_tokenizer", R"({"type":"Split","pattern":{"Regex":"a"},"behavior":"Sideways"})")) ==
          errc::unsupported);
    CHECK(code_of(with("pre_tokenizer", R"({"type":"Sequence"})")) == errc::missing);
    CHECK(code_of(with("pre_tokenizer", R"({"type":"Metaspace","replacement":"__"})")) == errc::format);
    CHECK(code_of(with("pre_tokenizer", R"({"type":"CharDelimiterSplit","delimiter":"ab"})")) == errc::format);
    CHECK(code_of(with("pre_tokenizer", R"({"type":"UnicodeScripts"})")) == errc::unsupported);
    CHECK(code_of(with("decoder", R"({"type":"Sideways"})")) == errc::unsupported);
    CHECK(code_of(with("decoder", R"({"type":"Strip","content":"","start":1,"stop":0})")) == errc::format);
    CHECK(
        code_of(with("post_processor",
                     R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{}})")) ==
        errc::missing);
    CHECK(
        code_of(with(
            "post_processor",
            R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"special_tokens":{"x":{"ids":[3]}}})")) ==
        errc::format);
    CHECK(code_of(with("added_tokens", R"([{"id":-3,"content":"x"}])")) == errc::format);
    CHECK(code_of(with("added_tokens", R"([{"content":"x"}])")) == errc::missing);
    CHECK(code_of(with("added_tokens", "[{\"id\":3,\"content\":\"" + std::string(5000, 'x') + "\"}]")) == errc::format);
    CHECK(code_of(with("decoder", "null"), "[") == errc::format);
    CHECK(code_of(with("decoder", "null"), R"({"eos_token":3})") == errc::type);
}

TEST_CASE("what is wrong in a model of scores or word pieces", "[text][tokenizer_json]") {
    const auto unigram = [](const std::string& vocab, const std::string& more = "") {
        return "{\"model\":{\"type\":\"Unigram\",\"vocab\":" + vocab + more + "}}";
    };
    const auto good =
        text::parse_tokenizer(unigram(R"([["<unk>",0],["a",-1],["ab",-1.5],["b",-2]])", R"(,"unk_id":0)"));
    CHECK(good.encode("abaxyb") == std::vector<token_t>{2, 1, 0, 3});
    CHECK(code_of(unigram("{}")) == errc::type);
    CHECK(code_of(unigram(R"(["a"])")) == errc::format);
    CHECK(code_of(unigram(R"([["a"]])")) == errc::format);
    CHECK(code_of(unigram(R"([["a",-1,2]])")) == errc::format);
    CHECK(code_of(unigram(R"([[1,-1]])")) == errc::type);
    CHECK(code_of(unigram(R"([["a","-1"]])")) == errc::type);
    CHECK(code_of(unigram(R"([["a",null]])")) == errc::type);
    CHECK(code_of(unigram(R"([["a",NaN]])")) == errc::format);
    CHECK(code_of(unigram(R"([["a",-1e999]])")) == errc::format);
    CHECK(code_of(unigram(R"([["a",-1],["a",-2]])")) == errc::format);
    CHECK(code_of(unigram(R"([["a",-1]])", R"(,"unk_id":1)")) == errc::format);
    CHECK(code_of(unigram(R"([["a",-1]])", R"(,"unk_id":-1)")) == errc::type);
    CHECK(code_of(unigram("[]", R"(,"unk_id":0)")) == errc::format);
    const auto strict = text::parse_tokenizer(unigram(R"([["a",-1]])"));
    CHECK(strict.encode("aa").size() == 2);
    CHECK_THROWS_AS(strict.encode("x"), error);
    CHECK(text::parse_tokenizer(unigram("[]")).encode("").empty());
    const auto pieces = [](const std::string& more) {
        return R"({"model":{"type":"WordPiece","vocab":{"a":0,"##b":1,"[UNK]":2})" + more + "}}";
    };
    CHECK(text::parse_tokenizer(pieces("")).encode("ab") == std::vector<token_t>{0, 1});
    CHECK(text::parse_tokenizer(pieces(R"(,"max_input_chars_per_word":1)")).encode("ab") == std::vector<token_t>{2});
    CHECK(text::parse_tokenizer(pieces(R"(,"continuing_subword_prefix":"@@")")).encode("ab") ==
          std::vector<token_t>{2});
    CHECK(code_of(pieces(R"(,"max_input_chars_per_word":-1)")) == errc::type);
    CHECK_THROWS_AS(text::parse_tokenizer(pieces(R"(,"unk_token":"?")")).encode("ba"), error);
}

TEST_CASE("what is wrong in a post-processor", "[text][tokenizer_json]") {
    const auto post = [](const std::string& p) { return with("post_processor", p); };
    const auto pair = [&](const std::string& list) {
        return post(R"({"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}}],"pair":)" + list + "}");
    };
    const std::string a = R"({"Sequence":{"id":"A"}})", b = R"({"Sequence":{"id":"B","type_id":7}})";
    CHECK(text::parse_tokenizer(pair("[" + b + "," + a + "]")).encode_pair("a", "b").type_ids ==
          std::vector<std::int32_t>{7, 0});
    CHECK(text::parse_tokenizer(with("decoder", "null")).encode_pair("a", "ab").type_ids ==
          std::vector<std::int32_t>{0, 1});
    CHECK(code_of(pair("[" + a + "]")) == errc::unsupported);
    CHECK(code_of(pair("[" + a + "," + a + "]")) == errc::unsupported);
    CHECK(code_of(pair("[" + a + "," + b + "," + b + "]")) == errc::unsupported);
    CHECK(code_of(pair("[" + a + R"(,{"SpecialToken":{"id":"x"}},)" + b + "]")) == errc::missing);
    CHECK(code_of(pair("3")) == errc::type);
    CHECK(code_of(post(R"({"type":"TemplateProcessing","single":[]})")) == errc::unsupported);
    CHECK(code_of(post(R"({"type":"BertProcessing","cls":["a",0]})")) == errc::missing);
    CHECK(code_of(post(R"({"type":"BertProcessing","cls":["a",0],"sep":["b",9]})")) == errc::format);
    CHECK(code_of(post(R"({"type":"RobertaProcessing","cls":["a",0],"sep":["b"]})")) != errc::io);
    const std::string one = R"({"type":"BertProcessing","cls":["a",0],"sep":["b",1]})";
    CHECK(code_of(post(R"({"type":"Sequence","processors":[)" + one + "," + one + "]}")) == errc::unsupported);
}

TEST_CASE("tokenizer_config.json says what begins and ends a text", "[text][tokenizer_json]") {
    const std::string json = with("decoder", "null");
    const auto plain =
        text::parse_tokenizer(json, R"({"bos_token":"a","eos_token":{"content":"b"},"chat_template":"x"})");
    CHECK(plain.bos() == std::optional<token_t>(0));
    CHECK(plain.eos() == std::optional<token_t>(1));
    CHECK(plain.chat_template() == "x");
    CHECK(plain.encode("ab") == std::vector<token_t>{2});
    const auto both =
        text::parse_tokenizer(json, R"({"bos_token":"a","eos_token":"b","add_bos_token":true,"add_eos_token":true})");
    CHECK(both.encode("ab") == std::vector<token_t>{0, 2, 1});
    CHECK(both.encode("ab", {.special = false}) == std::vector<token_t>{2});
    const auto named = text::parse_tokenizer(
        json,
        R"({"bos_token":null,"chat_template":[{"name":"tool","template":"t"},{"name":"default","template":"d"}]})");
    CHECK_FALSE(named.bos());
    CHECK(named.chat_template() == "d");
}

TEST_CASE("a directory, a file, and what is not there", "[text][load_tokenizer]") {
    const auto folder = std::filesystem::temp_directory_path() / "tessera_load_tokenizer_test";
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(text_goldens::path("llama3"), folder / "tokenizer.json",
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream(folder / "tokenizer_config.json")
        << R"({"add_bos_token":false,"bos_token":"<|begin_of_text|>","chat_template":"old"})";
    std::ofstream(folder / "chat_template.jinja") << "new";
    const auto words = text::load_tokenizer(folder);
    CHECK(words.chat_template() == "new");
    CHECK(words.encode("a").size() == 1);
    CHECK(text::load_tokenizer(folder / "tokenizer.json").encode("a").size() == 2);
    std::ofstream(folder / "tokenizer_config.json") << "{";
    try {
        text::load_tokenizer(folder);
        FAIL("accepted");
    } catch (const error& e) {
        CHECK(e.context().file == (folder / "tokenizer_config.json").string());
    }
    std::filesystem::remove_all(folder);
    CHECK_THROWS_AS(text::load_tokenizer(folder), error);
    CHECK_THROWS_AS(text::load_tokenizer("no-such.gguf"), error);
}

// Every change of the text is a tokenizer that works on something, or a tessera::error.
TEST_CASE("damaged files never crash", "[text][tokenizer_json]") {
    std::uint32_t state = 12345;
    const auto random = [&](std::size_t n) {
        state = state * 1664525 + 1013904223;
        return std::size_t(state >> 8) % n;
    };
    const std::string_view bits[] = {
        "null", "-1", "[]", "{}", "\"\"", "1e9", "true", "\"\xe2\x96\x81\"", "4294967296", "{\"type\":\"Sequence\"}"};
    int accepted = 0, refused = 0;
    for (const std::string name :
         {"gpt2", "llama2", "gemma", "odd", "words", "lookahead", "bert", "t5", "albert", "roberta", "ctc"}) {
        const std::string whole = read(text_goldens::path(name));
        for (int round = 0; round < 60; ++round) {
            std::string damaged = whole;
            const std::size_t reach = round % 2 == 0 ? damaged.size() : std::min<std::size_t>(damaged.size(), 2500);
            const std::size_t at = random(reach);
            switch (random(4)) {
                case 0: damaged.resize(at); break;
                case 1: damaged[at] = static_cast<char>(random(256)); break;
                case 2: damaged.erase(at, 1 + random(8)); break;
                default: {  // another value in the place of one
                    const std::size_t colon = damaged.find(':', at), end = damaged.find_first_of(",}", colon);
                    if (end != damaged.npos) damaged.replace(colon + 1, end - colon - 1, bits[random(std::size(bits))]);
                }
            }
            try {
                const auto words = text::parse_tokenizer(damaged);
                const auto ids = words.encode("Hello <|im_start|> 123 é\n\n  x\xff");
                words.decode(ids);
                words.encode_pair("Hello\xff", "e\xcc\x81 123", {.max_length = 9});
                ++accepted;
            } catch (const error&) {
                ++refused;
            }
        }
    }
    CHECK(accepted + refused == 660);
    CHECK(refused > 150);
    CHECK(accepted > 10);
}
