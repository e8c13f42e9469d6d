// What is in a model or a file of weights: family, sizes, memory for a given context, every tensor.
#include <filesystem>

#include "families/families.hpp"
#include "program.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/model/block.hpp"
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

// "0 to 3, 5": which layers.
std::string ranges_text(const std::vector<index_t>& numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
        text += (text.empty() ? "" : ", ") + std::to_string(numbers[i]);
        if (last > i) text += " to " + std::to_string(numbers[last]);
        i = last + 1;
    }
    return text;
}

// "attention within 512 + feed_forward"
std::string words_of(const tessera::model::block& b, index_t window) {
    std::string text;
    for (const tessera::model::residual& r : b.sublayers) {
        text += (text.empty() ? "" : b.parallel ? " beside " : " + ") + std::string(r.mixer.kind());
        if (window > 0 && r.mixer.kind() == "attention") text += " within " + std::to_string(window);
    }
    return text;
}

// Layers that are built alike, in a line each.
void describe(std::span<const tessera::model::block> layers, const char* of, const tessera::model::decoder_config& c) {
    std::vector<std::pair<std::string, std::vector<index_t>>> kinds;
    for (index_t i = 0; i < index_t(layers.size()); ++i) {
        const std::string words = words_of(layers[std::size_t(i)], c.window(i));
        const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == words; });
        if (same != kinds.end()) {
            same->second.push_back(i);
        } else {
            kinds.push_back({words, {i}});
        }
    }
    for (const auto& [words, which] : kinds)
        std::printf("%-16s %zu of %s (%s)\n", of, which.size(), words.c_str(), ranges_text(which).c_str());
}

// What a sequence costs: bytes for each token, and what does not grow.
void describe_cache(const tessera::model::language_model& model) {
    index_t growing = 0, windowed = 0, state = 0;
    for (const tessera::cache::layer& l : model.cache_layout()) {
        const index_t bytes = l.blocks_of(sizeof(float)).bytes() / tessera::key_block;
        if (l.heads > 0) (l.window > 0 ? windowed : growing) += bytes;
        state += l.state * index_t(sizeof(float));
    }
    std::printf("cache            %s a token", bytes_text(growing + windowed).c_str());
    if (windowed > 0) std::printf(", %s of it in windows", bytes_text(windowed).c_str());
    if (state > 0) std::printf(", and a state of %s", bytes_text(state).c_str());
    std::printf(" (f32)\n");
}

index_t idle_parameters(std::span<const tessera::model::block> layers) {
    index_t n = 0;
    for (const tessera::model::block& b : layers)
        for (const tessera::model::residual& r : b.sublayers) n += r.mixer.idle_parameters();
    return n;
}

std::string count_text(index_t n) {
    char text[32];
    const double x = double(n);
    if (n < 1000000) {
        std::snprintf(text, sizeof text, "%.1f thousand", x / 1e3);
    } else {
        std::snprintf(text, sizeof text, "%.1f million", x / 1e6);
    }
    return text;
}

index_t elements_of(const tessera::io::tensor_info& t) {
    index_t n = 1;
    for (const index_t e : t.extents) n *= e;
    return n;
}

void describe_parameters(const tessera::model::language_model& model, tessera::io::source_ref weights) {
    index_t all = 0;
    for (const std::string& name : weights.names()) all += elements_of(weights.describe(name));
    const index_t idle = idle_parameters(model.layers()) + idle_parameters(model.source_layers());
    std::printf("parameters       %s", count_text(all).c_str());
    if (idle > 0) std::printf(", of which a token uses %s", count_text(all - idle).c_str());
    std::printf("\n");
}

void list(tessera::io::source_ref weights) {
    index_t elements = 0, bytes = 0;
    for (const std::string& name : weights.names()) {
        const auto t = weights.describe(name);
        elements += elements_of(t);
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
    describe(model.source_layers(), "encoder layers", c);
    describe(model.layers(), model.reads_a_source() ? "decoder layers" : "built as", c);
    std::printf("head             %s\n", c.tied ? "the embedding" : "its own");
    std::printf("context          %td tokens\n", c.context);
    describe_cache(model);

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
    const auto model = examples::open_model(files, {.progress = examples::progress_bar("loading")});
    describe_parameters(model, files.weights);
    describe(model, a.context);
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
