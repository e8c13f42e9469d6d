// What is in a model or a file of weights: family, sizes, memory for a given context, every tensor.
#include <filesystem>

#include "families/families.hpp"
#include "program.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/session.hpp"

namespace {

using tessera::index_t;

struct arguments {
    std::string model;
    index_t context = 0;
};

std::string bytes_text(index_t bytes) {
    char text[32];
    const double n = double(bytes);
    if (bytes < 1 << 20) {
        std::snprintf(text, sizeof text, "%.1f KiB", n / 1024);
    } else {
        std::snprintf(text, sizeof text, "%.1f MiB", n / (1 << 20));
    }
    return text;
}

void list(tessera::io::source_ref weights) {
    index_t elements = 0, bytes = 0;
    for (const std::string& name : weights.names()) {
        const auto t = weights.describe(name);
        index_t size = 1;
        for (const index_t e : t.extents) size *= e;
        elements += size;
        bytes += index_t(t.bytes);
        std::printf("%-52s %-20s %-8s %12zu%s\n", name.c_str(), tessera::io::shape_text(t.extents).c_str(),
                    t.type.c_str(), t.bytes, t.readable ? "" : "  (cannot be computed with)");
    }
    std::printf("%zu tensors, %td parameters, %s\n", weights.names().size(), elements, bytes_text(bytes).c_str());
}

void describe(const tessera::model::language_model& model, index_t context) {
    const auto& c = model.config();
    std::printf("family           %s\n", c.family.c_str());
    std::printf("vocabulary       %td\nhidden           %td\nlayers           %td\n", c.vocabulary, c.hidden, c.layers);
    std::printf("heads            %td queries, %td keys, of %td\n", c.heads, c.kv_heads, c.head_dim);
    std::printf("feed-forward     %td, %s\n", c.feed_forward, c.activation.c_str());
    index_t windowed = 0;
    for (index_t i = 0; i < c.layers; ++i) windowed += c.window(i) > 0 ? 1 : 0;
    if (windowed > 0) std::printf("windowed layers  %td of %td\n", windowed, c.layers);
    std::printf("head             %s\n", c.tied ? "the embedding" : "its own");
    std::printf("context          %td tokens\n", c.context);

    tessera::exec::thread_pool pool;
    const tessera::cache::contiguous spec{.places = std::min(context > 0 ? context : 4096, c.context)};
    const auto plan = tessera::session<tessera::cache::contiguous>::plan(model, spec, pool);
    std::printf("memory for %td tokens: weights %s, cache %s, workspace %s, session %s\n\n", spec.places,
                bytes_text(plan.weights).c_str(), bytes_text(plan.cache).c_str(), bytes_text(plan.workspace).c_str(),
                bytes_text(plan.session).c_str());
}

void run(const arguments& a) {
    if (std::filesystem::path(a.model).extension() == ".safetensors")
        return list(tessera::io::safetensors::open(a.model));
    const auto files = tessera::models::open_checkpoint(a.model);
    describe(examples::open_model(files, {.progress = examples::progress_bar("loading")}), a.context);
    list(files.weights);
}

}

int main(int argc, char** argv) {
    CLI::App app("What is in a model or a file of weights: family, sizes, memory, every tensor.", "inspect");
    arguments a;
    app.add_option("MODEL", a.model, "A directory, a .gguf file or a .safetensors file")->required();
    app.add_option("--context", a.context, "Tokens to plan memory for (default: the model's own, at most 4096)");
    return examples::run_program(app, argc, argv, [&] { run(a); });
}
