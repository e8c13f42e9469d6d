// Every family and option against the reference implementation's logits, hidden states and greedy continuations.
#include "support/golden.hpp"
#include "families/families.hpp"
#include "support/catch.hpp"
#include "tessera/decode/generate.hpp"

using namespace tessera;

namespace {

struct observed {
    std::vector<float> logits, hidden;
    std::vector<token_t> greedy;
};

observed observe(const model::language_model& model, const golden::inputs& in, index_t new_tokens) {
    const index_t n = index_t(in.tokens.size());
    observed o{std::vector<float>(std::size_t(n * model.config().vocabulary)),
               std::vector<float>(std::size_t(n * model.config().hidden)),
               {}};
    session one(model, cache::contiguous{.places = n + new_tokens}, exec::inline_execution);
    golden::read(one, in);
    one.run(in.tokens,
            {{o.logits.data(), {n, model.config().vocabulary}}, {o.hidden.data(), {n, model.config().hidden}}});
    if (new_tokens == 0) return o;
    for (const token_t t : generate(one, {}, {.max_tokens = new_tokens, .end_tokens = std::vector<token_t>{}}))
        o.greedy.push_back(t);
    return o;
}

// The ids agree, or part where the two best logits were nearer than rounding explains.
bool agree(const std::vector<token_t>& found, const std::vector<token_t>& wanted, const std::vector<float>& gaps,
           float least) {
    const auto differ = std::mismatch(found.begin(), found.end(), wanted.begin(), wanted.end());
    return differ.second == wanted.end() || gaps[std::size_t(differ.second - wanted.begin())] < least;
}

void check_case(const std::string& name) {
    INFO(name);
    const auto files = models::open_checkpoint(golden::model_path(name));
    const auto expected = golden::expected(name);
    const bool quantised = golden::is_quantised(files);
    // Activations rounded to 8 bits are off by up to 1/254 of the largest of their 32, in each of the seven products of
    // a layer.
    const double tolerance = quantised ? 8e-2 : 1e-4;
    const index_t cases = golden::count(expected);
    for (index_t i = 0; i < cases; ++i) {
        const std::string at = "." + std::to_string(i);
        INFO("case " << i);
        const auto in = golden::case_of(expected, i);
        const bool continues = expected.find("greedy_ids" + at) != nullptr;
        const auto greedy = continues ? golden::ids(expected, "greedy_ids" + at) : std::vector<token_t>{};
        const auto needed = index_t(in.tokens.size() + greedy.size());
        auto model = examples::open_model(files);
        if (needed > model->config().context) model = examples::open_model(files, {.context = needed});
        const observed o = observe(model, in, index_t(greedy.size()));
        CHECK(golden::relative_error(o.logits, golden::floats(expected, "logits" + at)) < tolerance);
        CHECK(golden::relative_error(o.hidden, golden::floats(expected, "last_hidden_state" + at)) < tolerance);
        if (continues) {
            const auto gaps = golden::floats(expected, "greedy_gap" + at);
            CHECK(agree(o.greedy, greedy, gaps, quantised ? 0.5f : 0.0f));
        }
    }
    CHECK(cases > 0);
}

}

TEST_CASE("Every golden checkpoint gives the reference's logits, hidden states and greedy ids", "[models][golden]") {
    for (const std::string& name : golden::names()) check_case(name);
}
