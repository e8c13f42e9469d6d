#include "tessera/text/tokenizer.hpp"

#include <thread>

#include "support/catch.hpp"
#include "text/goldens.hpp"

using namespace tessera;

TEST_CASE("ids and texts are the reference's", "[text][tokenizer]") {
    for (const std::string& name : text_goldens::names()) {
        const text::tokenizer words = text_goldens::load(name);
        for (const auto& row : text_goldens::expected(name)) {
            CAPTURE(name, row.text);
            const std::vector<token_t> ids = words.encode(row.text);
            CHECK(ids == row.ids);
            CHECK(words.decode(row.ids) == row.decoded);
            CHECK(words.decode(row.ids, {.skip_special = true}) == row.without_special);
        }
    }
}

TEST_CASE("a stream's parts are the decoded text, and whole characters each", "[text][tokenizer]") {
    for (const std::string& name : text_goldens::names()) {
        const text::tokenizer words = text_goldens::load(name);
        for (const auto& row : text_goldens::expected(name)) {
            CAPTURE(name, row.text);
            for (const bool skip : {false, true}) {
                text::stream out = words.stream({.skip_special = skip});
                std::string all;
                for (const token_t id : row.ids) {
                    const std::string& part = out.push(id);
                    REQUIRE(text::is_well_formed(part));
                    all += part;
                }
                all += out.finish();
                REQUIRE(all == (skip ? row.without_special : row.decoded));
            }
        }
    }
}

TEST_CASE("a stream gives each character as soon as its last byte is there", "[text][tokenizer]") {
    const text::tokenizer words = text_goldens::load("gpt2");
    std::vector<token_t> bytes;  // of U+1F642, one by one
    for (const char* piece : {"ð", "Ł", "Ļ", "Ĥ"}) bytes.push_back(words.id_of(piece).value());
    text::stream out = words.stream();
    for (int i = 0; i < 3; ++i) CHECK(out.push(bytes[std::size_t(i)]).empty());
    CHECK(out.push(bytes[3]) == "\xf0\x9f\x99\x82");
    CHECK(out.push(bytes[0]).empty());
    CHECK(out.push(words.id_of("a").value()) ==
          "\xef\xbf\xbd"
          "a");  // a character cut short
    CHECK(out.push(bytes[0]).empty());
    CHECK(out.finish() == "\xef\xbf\xbd");
    CHECK(out.push(words.id_of("a").value()) == "a");  // begun anew
}

TEST_CASE("very long texts", "[text][tokenizer]") {
    std::string mixed;
    for (int i = 0; mixed.size() < 50'000; ++i)
        mixed += (i % 7 == 0 ? "é🙂 " : i % 3 == 0 ? "don't 123\n" : "wordword");
    const std::string texts[] = {std::string(50'000, 'a'), "x" + std::string(50'000, ' '),
                                 std::string(20'000, '\n') + "x", mixed};
    for (const std::string name : {"gpt2", "llama3", "smollm", "llama2", "metaspace-first", "cl100k", "gemma"}) {
        const text::tokenizer words = text_goldens::load(name);
        for (const std::string& text : texts) {
            CAPTURE(name, text.substr(0, 8));
            CHECK(words.decode(words.encode(text, {.special = false})) == text);
        }
    }
}

TEST_CASE("special tokens: added, read in the text or taken as text", "[text][tokenizer]") {
    const text::tokenizer words = text_goldens::load("llama3");
    const token_t begin = words.id_of("<|begin_of_text|>").value(), start = words.id_of("<|im_start|>").value();
    CHECK(words.is_special(begin));
    CHECK_FALSE(words.is_special(words.id_of("a").value()));
    const auto all = words.encode("a<|im_start|>b"), bare = words.encode("a<|im_start|>b", {.special = false});
    CHECK(all.front() == begin);
    CHECK(std::vector<token_t>(all.begin() + 1, all.end()) == bare);
    CHECK(std::count(bare.begin(), bare.end(), start) == 1);
    const auto text = words.encode("a<|im_start|>b", {.special = false, .parse_special = false});
    CHECK(std::count(text.begin(), text.end(), start) == 0);
    CHECK(words.decode(text) == "a<|im_start|>b");
    CHECK(words.decode(bare, {.skip_special = true}) == "ab");
}

TEST_CASE("pieces, bytes and numbers", "[text][tokenizer]") {
    const text::tokenizer words = text_goldens::load("gpt2");
    CHECK(words.size() == 602);
    const token_t the = words.id_of("Ġthe").value();
    CHECK(words.piece(the) == "Ġthe");
    CHECK(words.bytes_of(the) == " the");
    CHECK(words.bytes_of(words.id_of("ð").value()) == "\xf0");
    CHECK_FALSE(words.id_of("no such piece").has_value());
    const text::tokenizer spm = text_goldens::load("llama2");
    CHECK(spm.bytes_of(spm.id_of("<0xE5>").value()) == "\xe5");
    CHECK(spm.bytes_of(spm.id_of("▁the").value()) == " the");
    for (const token_t id : {-1, 602, 1 << 30}) {
        CHECK_THROWS_AS(words.piece(id), error);
        CHECK_THROWS_AS(words.decode(std::vector<token_t>{id}), error);
        CHECK_THROWS_AS(words.is_special(id), error);
        CHECK_THROWS_AS(words.stream().push(id), error);
    }
}

TEST_CASE("bytes that are not UTF-8 are read as U+FFFD", "[text][tokenizer]") {
    const text::tokenizer words = text_goldens::load("gpt2");
    CHECK(words.encode("a\xff\xe4\xbd"
                       "b") == words.encode("a\xef\xbf\xbd\xef\xbf\xbd"
                                            "b"));
    CHECK(words.encode(std::string_view("a\0b", 3)).size() == 3);
}

TEST_CASE("one tokenizer in several threads", "[text][tokenizer][threads]") {
    const text::tokenizer words = text_goldens::load("qwen2");
    const auto rows = text_goldens::expected("qwen2");
    std::vector<int> right(3, 0);
    std::vector<std::thread> all;
    for (int& n : right)
        all.emplace_back([&words, &rows, &n] {
            const text::tokenizer copy = words;
            for (const auto& row : rows)
                n += copy.encode(row.text) == row.ids && copy.decode(row.ids) == row.decoded ? 1 : 0;
        });
    for (std::thread& t : all) t.join();
    for (const int n : right) CHECK(n == int(rows.size()));
}
