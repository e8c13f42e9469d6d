// What goes ahead of a prompt.
#include "tessera/models/speech_context.hpp"

#include "support/catch.hpp"

using namespace tessera;

TEST_CASE("The latest words go ahead of a prompt, at most half of the places", "[models][speech]") {
    const models::speech_tokens tokens{.no_timestamps = 99, .previous = 90};
    using ids = std::vector<token_t>;
    models::speech_context context;
    CHECK(context.prompt(tokens, 20).empty());
    context.add({.begin = 0, .end = 7, .words = {1, 2}}, tokens, true);
    CHECK(context.prompt(tokens, 20) == ids{90, 100, 1, 2, 107});
    context.add({.begin = 7, .end = 9, .words = {3}}, tokens, false);
    CHECK(context.prompt(tokens, 20) == ids{90, 100, 1, 2, 107, 3});
    CHECK(context.prompt(tokens, 8) == ids{90, 2, 107, 3});
    CHECK(context.prompt(tokens, 9) == ids{90, 2, 107, 3});
    CHECK(context.prompt(tokens, 3).empty());
    CHECK(context.prompt({.no_timestamps = 99}, 20).empty());
    context.forget();
    CHECK(context.prompt(tokens, 20).empty());
}
