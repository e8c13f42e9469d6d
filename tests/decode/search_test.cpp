// Contrastive search, best of n, scores of given texts and guidance, each against its definition computed from nothing.
#include <cmath>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/errors.hpp"
#include "support/golden.hpp"
#include "tessera/decode/best_of.hpp"
#include "tessera/decode/contrastive.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/decode/guidance.hpp"
#include "tessera/decode/score.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/sample/draw.hpp"
#include "tessera/sample/temperature.hpp"

using namespace tessera;

namespace {

models::any open(const std::string& name) {
    return examples::open_model(models::open_checkpoint(golden::model_path(name)));
}
auto new_session(const models::any& model, exec::executor_ref run = exec::inline_execution, index_t places = 48) {
    return session(*model, cache::contiguous{.places = places}, run);
}

const std::vector<token_t> prompt{5, 9, 11, 3};
const std::vector<token_t> no_ends{};

std::vector<double> log_softmax(std::span<const float> logits) {
    const double top = *std::max_element(logits.begin(), logits.end());
    double total = 0;
    for (const float x : logits) total += std::exp(double(x) - top);
    std::vector<double> p;
    for (const float x : logits) p.push_back(double(x) - top - std::log(total));
    return p;
}

// Logits after a text and the final hidden states of all its tokens, in a session of their own.
struct whole {
    std::vector<float> logits;
    tensor<float> hidden;
};
whole run_whole(const models::any& model, const std::vector<token_t>& text) {
    const index_t n = index_t(text.size());
    whole w{{}, tensor<float>({n, model->config().hidden})};
    tensor<float> logits({n, model->config().vocabulary});
    auto s = new_session(model);
    s.run(text, {logits, w.hidden});
    w.logits.assign(s.logits().begin(), s.logits().end());
    return w;
}

double cosine(std::span<const float> a, std::span<const float> b) {
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += double(a[i]) * double(b[i]);
        aa += double(a[i]) * double(a[i]);
        bb += double(b[i]) * double(b[i]);
    }
    return ab / std::sqrt(aa * bb);
}

token_t contrastive_choice(const models::any& model, const std::vector<token_t>& text, std::size_t k, double alpha) {
    const auto p = log_softmax(run_whole(model, text).logits);
    std::vector<token_t> order(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) order[i] = token_t(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](token_t a, token_t b) { return p[std::size_t(a)] > p[std::size_t(b)]; });
    double best = -1e30;
    token_t choice = 0;
    for (std::size_t i = 0; i < k; ++i) {
        std::vector<token_t> longer(text);
        longer.push_back(order[i]);
        const whole w = run_whole(model, longer);
        double likeness = -1;
        for (index_t j = 0; j < index_t(text.size()); ++j)
            likeness =
                std::max(likeness, cosine(w.hidden.view()[index_t(text.size())].flat(), w.hidden.view()[j].flat()));
        const double score = (1 - alpha) * std::exp(p[std::size_t(order[i])]) - alpha * likeness;
        if (score > best) best = score, choice = order[i];
    }
    return choice;
}

}

TEST_CASE("Contrastive search makes the choices of its definition", "[decode][contrastive]") {
    for (const char* name : {"llama", "gpt2", "mamba"}) {
        const models::any model = open(name);
        for (const float alpha : {0.2f, 0.6f}) {
            auto one = new_session(model);
            const auto found = contrastive_search(
                one, prompt, {.top_k = 5, .penalty_alpha = alpha, .max_tokens = 10, .end_tokens = no_ends});
            std::vector<token_t> text(prompt);
            for (int i = 0; i < 10; ++i) text.push_back(contrastive_choice(model, text, 5, double(alpha)));
            CHECK(found == std::vector<token_t>(text.begin() + 4, text.end()));
            CHECK(one.size() == 4);
        }
    }
}

TEST_CASE("Contrastive search with one candidate or no penalty is greedy", "[decode][contrastive]") {
    const models::any model = open("llama");
    auto greedy = new_session(model);
    for ([[maybe_unused]] const token_t t : generate(greedy, prompt, {.max_tokens = 20})) continue;
    const std::vector<token_t> wanted(greedy.tokens().begin() + 4, greedy.tokens().end());
    exec::thread_pool pool(3);
    auto one = new_session(model, pool);
    CHECK(contrastive_search(one, prompt, {.top_k = 1, .max_tokens = 20}) == wanted);
    CHECK(contrastive_search(one, {}, {.top_k = 200, .penalty_alpha = 0, .max_tokens = 20}) == wanted);
    CHECK(contrastive_search(one, {}, {.max_tokens = 0}).empty());
    CHECK(code_of([&] { contrastive_search(one, {}, {.top_k = 0}); }) == errc::argument);
    CHECK(code_of([&] { contrastive_search(one, {}, {.penalty_alpha = 1.5f}); }) == errc::argument);
    CHECK(code_of([&] { contrastive_search(one, {}, {.max_tokens = 45}); }) == errc::capacity);
}

TEST_CASE("Each of n drawn texts is what its sampler draws alone, and the best comes first", "[decode][best_of]") {
    const auto sampler = [](index_t i) { return sample::temperature(1.5f) | sample::draw{std::uint64_t(i)}; };
    for (const char* name : {"llama", "mamba", "cohere2"}) {
        const models::any model = open(name);
        auto one = new_session(model);
        const std::vector<token_t> ends{7, 20, 40, 41, 42, 60};
        const auto found =
            best_of(one, prompt, {.texts = 6, .max_tokens = 12, .end_tokens = ends, .length_penalty = 0}, sampler);
        std::vector<decode::hypothesis> wanted;
        for (index_t i = 0; i < 6; ++i) {
            auto alone = new_session(model);
            double sum = 0;
            auto text = generate(alone, prompt, {.max_tokens = 12, .end_tokens = ends}, sampler(i));
            for ([[maybe_unused]] const token_t t : text) continue;
            const std::vector<token_t> said(alone.tokens().begin() + 4, alone.tokens().end());
            auto again = new_session(model);
            again.prefill(prompt);
            for (const float x : decode::score(again, said).log_probabilities) sum += double(x);
            insert(wanted, decode::hypothesis{said, float(sum)});
        }
        REQUIRE(found.size() == 6);
        for (std::size_t i = 0; i < 6; ++i) {
            CHECK(found[i].tokens == wanted[i].tokens);
            CHECK(found[i].score == Approx(wanted[i].score).margin(1e-5));
        }
    }
    const models::any model = open("llama");
    auto one = new_session(model);
    CHECK(code_of([&] { best_of(one, prompt, {.texts = 0}, sampler); }) == errc::argument);
    CHECK(code_of([&] { best_of(one, prompt, {.max_tokens = 45}, sampler); }) == errc::capacity);
}

TEST_CASE("A text's log-probabilities are those of the reference's logits", "[decode][score][golden]") {
    for (const char* name : {"llama", "gpt2", "mamba", "t5", "qwen2-window"}) {
        const auto expected = golden::expected(name);
        const models::any model = open(name);
        for (index_t c = 0; c < golden::count(expected); ++c) {
            const auto in = golden::case_of(expected, c);
            const auto logits = golden::floats(expected, "logits." + std::to_string(c));
            const auto vocabulary = std::size_t(model->config().vocabulary);
            auto one = new_session(model, exec::inline_execution, 128);
            if (model->reads_a_source()) one.read(in.source);
            const auto found = score(one, in.tokens);
            REQUIRE(found.log_probabilities.size() == in.tokens.size() - 1);
            double sum = 0;
            for (std::size_t i = 0; i + 1 < in.tokens.size(); ++i) {
                const auto p = log_softmax(std::span(logits).subspan(i * vocabulary, vocabulary));
                sum += p[std::size_t(in.tokens[i + 1])];
                CHECK(found.log_probabilities[i] == Approx(p[std::size_t(in.tokens[i + 1])]).margin(2e-4));
            }
            if (in.tokens.size() > 1)
                CHECK(found.perplexity() == Approx(std::exp(-sum / double(in.tokens.size() - 1))).epsilon(1e-4));
        }
    }
}

TEST_CASE("A text scored in parts, or by many threads, scores the same", "[decode][score]") {
    const models::any model = open("llama");
    std::vector<token_t> text;
    for (token_t t = 0; t < 90; ++t) text.push_back(t);
    exec::thread_pool pool(3);
    auto together = new_session(model, pool, 100), parts = new_session(model, exec::inline_execution, 100);
    const auto whole = score(together, text);
    std::vector<float> joined;
    for (const std::size_t cut : {std::size_t(0), std::size_t(33), std::size_t(40)}) {
        const auto part = std::span(text).subspan(cut, cut == 0 ? 33 : cut == 33 ? 7 : 50);
        for (const float x : score(parts, part).log_probabilities) joined.push_back(x);
    }
    CHECK(whole.log_probabilities == joined);
    CHECK(score(parts, {}).log_probabilities.empty());
    CHECK(code_of([&] { score(parts, std::vector<token_t>{1, 97}); }) == errc::argument);
    CHECK(parts.size() == 90);
    parts.truncate(50);
    CHECK(code_of([&] { score(parts, std::vector<token_t>{1}); }) == errc::argument);
}

TEST_CASE("Guidance mixes the log-probabilities of two texts", "[decode][guidance]") {
    const models::any model = open("llama");
    const std::vector<token_t> contrary{8, 1};
    for (const float scale : {1.0f, 1.5f, 3.0f}) {
        auto one = new_session(model), other = new_session(model);
        other.prefill(contrary);
        auto greedy = sample::greedy{};
        std::vector<token_t> found;
        for (const token_t t :
             generate(one, prompt, {.max_tokens = 10, .end_tokens = no_ends}, decode::guidance(other, scale) | greedy))
            found.push_back(t);
        std::vector<token_t> with(prompt), without(contrary), wanted;
        for (int i = 0; i < 10; ++i) {
            const auto p = log_softmax(run_whole(model, with).logits),
                       q = log_softmax(run_whole(model, without).logits);
            std::size_t best = 0;
            const auto mixed = [&](std::size_t t) { return double(scale) * (p[t] - q[t]) + q[t]; };
            for (std::size_t t = 0; t < p.size(); ++t)
                if (mixed(t) > mixed(best)) best = t;
            for (auto* text : {&with, &without, &wanted}) text->push_back(token_t(best));
        }
        CHECK(found == wanted);
    }
    auto one = new_session(model), mute = new_session(model);
    CHECK(code_of([&] { generate(one, prompt, {}, decode::guidance(mute, 2.0f) | sample::greedy{}); }) ==
          errc::argument);
}
