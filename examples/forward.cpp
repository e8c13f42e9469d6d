// Runs a model on the inputs in a safetensors file and writes its outputs to another, to compare it with anything else.
#include <optional>

#include "families/families.hpp"
#include "program.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/io/memory.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/io/write_safetensors.hpp"
#include "tessera/model/session.hpp"

namespace {

using tessera::index_t;
using tessera::token_t;

struct arguments {
    std::string model, in, out;
    index_t threads = 0, greedy = 0;
};

struct results {
    std::string name;  // the case's
    tessera::tensor<float, 2> logits, hidden;
    tessera::tensor<std::int64_t, 1> greedy_ids;
};

// Input `name`: I64 [tokens], or [1, tokens].
std::vector<token_t> ids_of(const tessera::io::safetensors& in, const std::string& name) {
    const auto& t = tessera::io::require(in, name);
    const bool vector = t.rank == 1 || (t.rank == 2 && t.extent(0) == 1);
    if (t.format != tessera::quant::storage::i64 || !vector || t.size() == 0)
        throw tessera::error(tessera::errc::shape, "not a sequence of token ids",
                             {.file = in.file_of(name), .subject = name, .expected = "i64 [tokens]",
                              .found = std::string(tessera::quant::name_of(t.format)) + " " +
                                       tessera::io::shape_text({t.extents, std::size_t(t.rank)})});
    std::vector<token_t> ids;
    for (std::size_t i = 0; i < std::size_t(t.size()); ++i) {
        std::int64_t id = 0;
        std::memcpy(&id, t.bytes.data() + i * sizeof id, sizeof id);
        ids.push_back(std::in_range<token_t>(id) ? static_cast<token_t>(id) : -1);
    }
    return ids;
}

results run_case(const tessera::model::language_model& model, const std::string& name, std::span<const token_t> ids,
                 index_t greedy, tessera::exec::executor_ref pool) {
    const index_t n = index_t(ids.size());
    const tessera::cache::contiguous spec{.places = n + greedy};
    results r{name, tessera::tensor<float>({n, model.config().vocabulary}), tessera::tensor<float>({n, model.config().hidden}),
              tessera::tensor<std::int64_t, 1>({greedy})};
    tessera::session session(model, spec, pool);
    session.run(ids, {r.logits, r.hidden});
    index_t count = 0;
    if (greedy > 0)
        for (const token_t t : tessera::generate(session, {}, {.max_tokens = greedy, .end_tokens = std::vector<token_t>{}}))
            r.greedy_ids(count++) = t;
    return r;
}

void run(const arguments& a) {
    tessera::exec::thread_pool pool = a.threads > 0 ? tessera::exec::thread_pool(a.threads) : tessera::exec::thread_pool();
    const auto in = tessera::io::safetensors::open(a.in);
    const auto files = tessera::models::open_checkpoint(a.model);
    auto model = examples::open_model(files, {.progress = examples::progress_bar("loading")});
    std::vector<results> all;
    examples::progress_bar bar("cases");
    for (const std::string& name : in.names()) {
        constexpr std::string_view prefix = "input_ids.";
        if (!name.starts_with(prefix)) continue;
        const std::vector<token_t> ids = ids_of(in, name);
        // Rotary scalings that depend on the length are prepared for it.
        const index_t needed = index_t(ids.size()) + a.greedy;
        if (needed > model->config().context) {
            const auto longer = examples::open_model(files, {.context = needed});
            all.push_back(run_case(longer, name.substr(prefix.size()), ids, a.greedy, pool));
        } else {
            all.push_back(run_case(model, name.substr(prefix.size()), ids, a.greedy, pool));
        }
        bar(index_t(all.size()), index_t(in.names().size()));
    }
    if (all.empty())
        throw tessera::error(tessera::errc::missing, "no inputs", {.file = a.in, .expected = "tensors called input_ids.0, input_ids.1 …"});
    tessera::io::memory out;
    for (const results& r : all) {
        out.add("logits." + r.name, r.logits.view());
        out.add("last_hidden_state." + r.name, r.hidden.view());
        if (a.greedy > 0) out.add("greedy_ids." + r.name, r.greedy_ids.view());
    }
    tessera::io::write_safetensors(a.out, out);
}

}

int main(int argc, char** argv) {
    CLI::App app("Runs a model on the inputs in a safetensors file and writes its outputs to another.", "forward");
    arguments a;
    app.add_option("MODEL", a.model, "A directory with config.json and *.safetensors, or a .gguf file")->required();
    app.add_option("IN", a.in, "Inputs: input_ids.I, I64 [tokens], for each case I")->required();
    app.add_option("OUT", a.out, "Outputs: logits.I, last_hidden_state.I, greedy_ids.I")->required();
    app.add_option("--threads", a.threads, "Worker threads (default: one for each core)");
    app.add_option("--greedy", a.greedy, "Also continue each input greedily by this many tokens")->check(CLI::NonNegativeNumber);
    return examples::run_program(app, argc, argv, [&] { run(a); });
}
