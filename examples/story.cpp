// The program of the README: a model, a session, a loop.
#include <cstdio>
#include <tessera/tessera.hpp>

int main() {
    tessera::exec::thread_pool pool;
    const auto words = tessera::text::load_tokenizer("examples/models/austen");
    const auto model = tessera::load<tessera::models::llama>("examples/models/austen");
    tessera::session story(model, tessera::cache::contiguous{}, pool);
    auto text = words.stream();
    for (auto token : tessera::generate(story, words.encode("My dear Mr. Bennet,"), {.max_tokens = 64}))
        std::printf("%s", text.push(token).c_str());
}
