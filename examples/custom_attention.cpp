// A score policy of one's own in a loaded model: tokens see their neighbourhood and, further back, only what is on a
// grid.
#include <cstdio>

#include "tessera/cache/contiguous.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/session.hpp"
#include "tessera/models/llama.hpp"
#include "tessera/models/load.hpp"
#include "tessera/text/load_tokenizer.hpp"

// The whole policy: which keys a query sees. K is one key or a vector of them.
struct strided {
    std::int32_t near = 32;

    template <class K>
    auto live(const tessera::attention::query& q, const K& k) const {
        return (q.position - k.position < near) || ((k.position & 7) == 0);
    }
};

// llama with it; nothing else is written again.
struct strided_llama : tessera::models::llama {
    using llama::llama;
    static auto scores(const tessera::model::decoder_config&, tessera::index_t layer) {
        return tessera::attention::causal{} & strided{.near = layer < 3 ? 32 : 64};
    }
};

int main(int argc, char** argv) try {
    const char* dir = argc > 1 ? argv[1] : "examples/models/austen";
    tessera::exec::thread_pool pool;
    const auto words = tessera::text::load_tokenizer(dir);
    const auto model = tessera::load<strided_llama>(dir);
    tessera::session story(model, tessera::cache::contiguous{}, pool);
    const std::string prompt = "It is a truth universally acknowledged, that";
    std::printf("%s", prompt.c_str());
    auto out = words.stream();
    for (const tessera::token_t t : tessera::generate(story, words.encode(prompt), {.max_tokens = 100}))
        std::printf("%s", std::string(out.push(t)).c_str());
    std::printf("%s\n", std::string(out.finish()).c_str());
    return 0;
} catch (const std::exception& e) {
    std::fprintf(stderr, "custom_attention: %s\n", e.what());
    return 1;
}
