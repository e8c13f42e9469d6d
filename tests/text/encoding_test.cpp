#include "tessera/text/encoding.hpp"

#include "support/catch.hpp"
#include "text/goldens.hpp"

using namespace tessera;

namespace {

std::vector<text::encoding> encoded(const text::tokenizer& words, const text_goldens::encoded_row& row) {
    if (row.texts.size() == 1) return words.encode_windows(row.texts[0], row.options);
    return words.encode_windows(row.texts[0], row.texts[1], row.options);
}

errc code_of(const auto& call) {
    try {
        call();
    } catch (const error& e) {
        return e.code();
    }
    FAIL("accepted");
    return {};
}

}

TEST_CASE("numbers, types, offsets and words are the reference's", "[text][encoding]") {
    for (const std::string name : {"gpt2", "gpt2-prefix", "llama3", "llama2", "metaspace-first", "odd", "bert",
                                   "bert-cased", "t5", "albert", "nmt", "roberta", "byte-normalizer"}) {
        const text::tokenizer words = text_goldens::load(name);
        for (const auto& row : text_goldens::encodings(name)) {
            CAPTURE(name, row.texts, row.options.max_length, row.options.stride);
            const auto windows = encoded(words, row);
            REQUIRE(windows.size() >= row.windows.size());
            for (std::size_t i = 0; i < row.windows.size(); ++i) {
                CHECK(windows[i].ids == row.windows[i].ids);
                CHECK(windows[i].type_ids == row.windows[i].type_ids);
                CHECK(windows[i].offsets == row.windows[i].offsets);
                CHECK(windows[i].texts == row.windows[i].texts);
                CHECK(windows[i].words == row.windows[i].words);
            }
            if (row.options.stride > 0) CHECK(windows.size() == row.windows.size());
        }
    }
}

TEST_CASE("a question and its passage, as a reader of passages wants them", "[text][encoding]") {
    const text::tokenizer words = text_goldens::load("bert");
    const std::string question = "Who was happy?", passage = "Emma was most happy to see the caf\xc3\xa9 again.";
    const text::encoding e =
        words.encode_pair(question, passage, {.max_length = 32, .truncate = text::truncation::only_second});
    REQUIRE(e.size() <= 32);
    std::string seen;
    for (index_t i = 0; i < e.size(); ++i) {
        const auto k = static_cast<std::size_t>(i);
        const range at = e.offsets[k];
        CHECK(e.is_added(i) == words.is_special(e.ids[k]));
        if (e.texts[k] == 1) seen += passage.substr(std::size_t(at.begin), std::size_t(at.size()));
        if (e.texts[k] == 0) CHECK(e.type_ids[k] == 0);
    }
    CHECK(seen ==
          "Emmawasmosthappytoseethecaf\xc3\xa9"
          "again.");
    CHECK(words.encode_one(question).ids == words.encode(question));
}

TEST_CASE("windows cover all that a single one leaves out", "[text][encoding]") {
    const text::tokenizer words = text_goldens::load("bert");
    std::string passage;
    for (int i = 0; i < 50; ++i) passage += "the man said no ";
    const text::encoding_options options{.max_length = 40, .truncate = text::truncation::only_second, .stride = 10};
    const auto all = words.encode_windows("why not?", passage, options);
    CHECK(all.front().ids == words.encode_pair("why not?", passage, options).ids);
    index_t covered = 0;
    for (const text::encoding& w : all) {
        CHECK(w.size() <= 40);
        for (std::size_t i = 0; i < w.ids.size(); ++i) {
            if (w.texts[i] != 1) continue;
            CHECK(w.offsets[i].begin <= covered + 1);
            covered = std::max(covered, w.offsets[i].end);
        }
    }
    CHECK(covered == index_t(passage.size()) - 1);
}

TEST_CASE("offsets count the bytes that were given, well-formed or not", "[text][encoding]") {
    const text::tokenizer words = text_goldens::load("roberta");
    const text::encoding e = words.encode_one(
        "a\xff\xe4\xbd"
        "b");
    CHECK(e.ids == words.encode("a\xff\xe4\xbd"
                                "b"));
    CHECK(e.offsets.front() == range{0, 0});
    CHECK(e.offsets[1] == range{0, 1});
    CHECK(e.offsets[2] == range{1, 2});
    CHECK(e.offsets[e.offsets.size() - 3] == range{2, 4});
    CHECK(e.offsets[e.offsets.size() - 2] == range{4, 5});
}

TEST_CASE("how many tokens stay", "[text][encoding]") {
    using text::truncated, text::truncation;
    using both = std::array<index_t, 2>;
    CHECK(truncated({3, 4}, 7, truncation::only_first) == both{3, 4});
    CHECK(truncated({9, 0}, 5, truncation::longest_first) == both{5, 0});
    CHECK(truncated({9, 2}, 8, truncation::longest_first) == both{6, 2});
    CHECK(truncated({2, 9}, 8, truncation::longest_first) == both{2, 6});
    CHECK(truncated({9, 9}, 7, truncation::longest_first) == both{3, 4});
    CHECK(truncated({9, 3}, 8, truncation::only_first) == both{5, 3});
    CHECK(truncated({3, 9}, 8, truncation::only_second) == both{3, 5});
    CHECK(truncated({3, 9}, 0, truncation::longest_first) == both{0, 0});
    CHECK(code_of([] { truncated({9, 3}, 3, truncation::only_second); }) == errc::argument);
    CHECK(code_of([] { truncated({9, 0}, 3, truncation::only_second); }) == errc::argument);
}

TEST_CASE("windows of a row of tokens", "[text][encoding]") {
    using text::windows_of, text::side;
    using list = std::vector<range>;
    CHECK(windows_of(5, 9, 0, side::right) == list{{0, 5}});
    CHECK(windows_of(0, 9, 0, side::left) == list{{0, 0}});
    CHECK(windows_of(7, 3, 0, side::right) == list{{0, 3}, {3, 6}, {6, 7}});
    CHECK(windows_of(7, 3, 1, side::right) == list{{0, 3}, {2, 5}, {4, 7}});
    CHECK(windows_of(7, 3, 1, side::left) == list{{4, 7}, {2, 5}, {0, 3}});
    CHECK(windows_of(7, 3, 0, side::left) == list{{4, 7}, {1, 4}, {0, 1}});
    CHECK(windows_of(7, 0, 5, side::left) == list{{0, 0}});
    CHECK(code_of([] { windows_of(7, 3, 3, side::right); }) == errc::argument);
    CHECK(code_of([] { windows_of(7, 3, -1, side::right); }) == errc::argument);
    const text::tokenizer words = text_goldens::load("bert");
    CHECK(code_of([&] { words.encode_one("a", {.max_length = 1}); }) == errc::argument);
    CHECK(words.encode_one("a b c", {.max_length = 2}).size() == 2);
}
