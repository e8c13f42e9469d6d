#include "tessera/decode/ctc.hpp"

#include <string>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/core/tensor.hpp"

using namespace tessera;

namespace {

// Rows of which each scores one of the labels "-abc…" best.
tensor<float> rows_saying(const std::string& labels, index_t vocabulary) {
    tensor<float> x({index_t(labels.size()), vocabulary});
    for (index_t i = 0; i < x.size(); ++i) x.data()[i] = random_uniform(3, std::uint64_t(i));
    for (std::size_t r = 0; r < labels.size(); ++r) x(index_t(r), labels[r] == '-' ? 0 : labels[r] - 'a' + 1) = 2.0f;
    return x;
}

std::string text_of(const std::vector<decode::timed_token>& said) {
    std::string all;
    for (const auto& t : said) all += char('a' + t.token - 1);
    return all;
}

// The rule's two steps, one after the other: runs become single labels, then blanks go.
std::vector<decode::timed_token> in_two_steps(const std::string& labels) {
    std::vector<decode::timed_token> runs, said;
    for (std::size_t i = 0; i < labels.size();) {
        std::size_t end = i;
        while (end < labels.size() && labels[end] == labels[i]) ++end;
        runs.push_back({token_t(labels[i] == '-' ? 0 : labels[i] - 'a' + 1), index_t(i), index_t(end)});
        i = end;
    }
    for (const auto& run : runs)
        if (run.token != 0) said.push_back(run);
    return said;
}

}

TEST_CASE("Repeated labels are one, blanks are none and part equal labels", "[decode][ctc]") {
    CHECK(text_of(decode::ctc_greedy(rows_saying("--hh-e-ll-lloo--", 27), 0)) == "hello");
    CHECK(text_of(decode::ctc_greedy(rows_saying("aaa", 27), 0)) == "a");
    CHECK(decode::ctc_greedy(rows_saying("----", 27), 0).empty());
    CHECK(decode::ctc_greedy(rows_saying("", 27), 0).empty());
    const auto said = decode::ctc_greedy(rows_saying("-aab-b", 4), 0);
    CHECK(said == std::vector<decode::timed_token>{{1, 1, 3}, {2, 3, 4}, {2, 5, 6}});
}

TEST_CASE("The blank may be any label, and the first of equal scores wins", "[decode][ctc]") {
    CHECK(decode::ctc_greedy(rows_saying("a-a", 3), 1) == std::vector<decode::timed_token>{{0, 1, 2}});
    CHECK(decode::ctc_greedy(tensor<float>({2, 5}), 4) == std::vector<decode::timed_token>{{0, 0, 2}});
}

TEST_CASE("Any rows say what the rule's two steps say", "[decode][ctc]") {
    for (std::uint64_t n = 0; n < 300; ++n) {
        std::string labels;
        for (std::uint64_t i = 0; i < 1 + n % 23; ++i) labels += "-aab"[random_bits(n, i) % 4];
        INFO(labels);
        CHECK(decode::ctc_greedy(rows_saying(labels, 5), 0) == in_two_steps(labels));
    }
}
