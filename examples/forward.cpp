// Runs a model on the inputs in a safetensors file and writes its outputs to another, to compare it with anything else.
#include <array>
#include <optional>

#include "families/families.hpp"
#include "program.hpp"
#include "tessera/cache/contiguous.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/exec/thread_pool.hpp"
#include "tessera/io/memory.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/io/write_safetensors.hpp"
#include "tessera/model/encode.hpp"
#include "tessera/model/session.hpp"
#include "tessera/models/adapter.hpp"

namespace {

using tessera::index_t;
using tessera::token_t;

struct arguments {
    std::string model, in, out;
    std::vector<std::filesystem::path> adapters;
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
                             {.file = in.file_of(name),
                              .subject = name,
                              .expected = "i64 [tokens]",
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

// Input `name`: F32 [frames, features], or [samples], which are frames of one feature.
tessera::tensor<float> frames_of(const tessera::io::safetensors& in, const std::string& name) {
    const auto& t = tessera::io::require(in, name);
    if (t.format != tessera::quant::storage::f32 || t.rank < 1 || t.rank > 2)
        throw tessera::error(tessera::errc::shape, "no frames",
                             {.file = in.file_of(name),
                              .subject = name,
                              .expected = "f32 [frames, features] or [samples]",
                              .found = std::string(tessera::quant::name_of(t.format)) + " " +
                                       tessera::io::shape_text({t.extents, std::size_t(t.rank)})});
    tessera::tensor<float> frames({t.extent(0), t.rank == 1 ? 1 : t.extent(1)});
    std::memcpy(frames.data(), t.bytes.data(), t.bytes.size());
    return frames;
}

// The model, prepared for so many positions: rotary scalings that depend on the length depend on this.
class prepared {
public:
    explicit prepared(const tessera::models::checkpoint& files)
        : files_(files), model_(examples::open_model(files, {.progress = examples::progress_bar("loading")})) {}

    const tessera::model::language_model& for_length(index_t n) {
        if (n <= model_->config().context) return model_;
        if (n != longer_for_) longer_ = examples::open_model(files_, {.context = n});
        longer_for_ = n;
        return longer_;
    }

private:
    const tessera::models::checkpoint& files_;
    tessera::models::any model_, longer_;
    index_t longer_for_ = 0;
};

// One case: what the encoder reads, if the model has one, as tokens or as frames, and the tokens of the decoder.
struct inputs {
    std::vector<token_t> source, ids;
    tessera::tensor<float> frames;
};

template <class Session>
void read(Session& session, const inputs& in) {
    if (!in.source.empty()) session.read(in.source);
    if (in.frames.size() > 0) session.read_frames(in.frames);
}

void run_outputs(const tessera::model::language_model& model, const inputs& in, results& r,
                 tessera::exec::executor_ref pool) {
    const index_t n = index_t(in.ids.size());
    r.logits = tessera::tensor<float>({n, model.config().vocabulary});
    r.hidden = tessera::tensor<float>({n, model.config().hidden});
    tessera::session session(model, tessera::cache::contiguous{.places = n}, pool);
    read(session, in);
    session.run(in.ids, {r.logits, r.hidden});
}

void run_greedy(const tessera::model::language_model& model, const inputs& in, index_t count, results& r,
                tessera::exec::executor_ref pool) {
    r.greedy_ids = tessera::tensor<std::int64_t, 1>({count});
    tessera::session session(model, tessera::cache::contiguous{.places = index_t(in.ids.size()) + count}, pool);
    read(session, in);
    index_t i = 0;
    for (const token_t t :
         tessera::generate(session, in.ids, {.max_tokens = count, .end_tokens = std::vector<token_t>{}}))
        r.greedy_ids(i++) = t;
}

std::array<std::string, 2> names_of_frames(const std::string& name) {
    return {"input_features." + name, "input_values." + name};
}

inputs inputs_of(const tessera::io::safetensors& in, const std::string& name) {
    const std::string of_decoder = "decoder_input_ids." + name;
    if (in.find(of_decoder) == nullptr) return {{}, ids_of(in, "input_ids." + name), {}};
    for (const std::string& frames : names_of_frames(name))
        if (in.find(frames) != nullptr) return {{}, ids_of(in, of_decoder), frames_of(in, frames)};
    return {ids_of(in, "input_ids." + name), ids_of(in, of_decoder), {}};
}

// The case whose source (or, for a decoder alone, whose input) a tensor is; empty for other tensors.
std::string case_named_by(const std::string& tensor) {
    for (const std::string_view prefix : {"input_ids.", "input_features.", "input_values."})
        if (tensor.starts_with(prefix)) return tensor.substr(prefix.size());
    return {};
}

// f(results) for every case of the file, which it names.
template <class F>
std::vector<results> for_cases(const tessera::io::safetensors& in, F f) {
    std::vector<results> all;
    examples::progress_bar bar("cases");
    for (const std::string& tensor : in.names()) {
        const std::string name = case_named_by(tensor);
        if (name.empty()) continue;
        all.push_back({name, {}, {}, {}});
        f(all.back());
        bar(index_t(all.size()), index_t(in.names().size()));
    }
    return all;
}

std::vector<results> decode_all(const arguments& a, const tessera::models::checkpoint& files,
                                const tessera::io::safetensors& in, tessera::exec::executor_ref pool) {
    prepared model(files);
    return for_cases(in, [&](results& r) {
        const inputs one = inputs_of(in, r.name);
        const index_t n = index_t(one.ids.size());
        run_outputs(model.for_length(n), one, r, pool);
        if (a.greedy > 0) run_greedy(model.for_length(n + a.greedy), one, a.greedy, r, pool);
    });
}

std::vector<results> encode_all(const tessera::models::any_encoder& model, const tessera::io::safetensors& in,
                                tessera::exec::executor_ref pool) {
    return for_cases(in, [&](results& r) {
        const auto read = [&] {
            for (const std::string& frames : names_of_frames(r.name))
                if (in.find(frames) != nullptr) return tessera::encode_frames(model, frames_of(in, frames), pool);
            return tessera::encode_tokens(model, ids_of(in, "input_ids." + r.name), pool);
        };
        tessera::encoded e = read();
        r.logits = std::move(e.logits);
        r.hidden = std::move(e.hidden);
    });
}

void run(const arguments& a) {
    tessera::exec::thread_pool pool = examples::pool_of(a.threads);
    const auto in = tessera::io::safetensors::open(a.in);
    const auto files = tessera::models::with_adapters(tessera::models::open_checkpoint(a.model), a.adapters);
    const tessera::models::any_encoder encoder = examples::open_encoder(files);
    const std::vector<results> all = encoder ? encode_all(encoder, in, pool) : decode_all(a, files, in, pool);
    if (all.empty())
        throw tessera::error(tessera::errc::missing, "no inputs",
                             {.file = a.in, .expected = "tensors called input_ids.0, input_ids.1 …"});
    tessera::io::memory out;
    for (const results& r : all) {
        out.add("logits." + r.name, r.logits.view());
        out.add("last_hidden_state." + r.name, r.hidden.view());
        if (r.greedy_ids.size() > 0) out.add("greedy_ids." + r.name, r.greedy_ids.view());
    }
    tessera::io::write_safetensors(a.out, out);
}

}

int main(int argc, char** argv) {
    CLI::App app("Runs a model on the inputs in a safetensors file and writes its outputs to another.", "forward");
    arguments a;
    app.add_option("MODEL", a.model, "A directory with config.json and *.safetensors, or a .gguf file")->required();
    app.add_option("IN", a.in,
                   "Inputs: input_ids.I, I64 [tokens], for each case I; for an "
                   "encoder-decoder that is the source, or input_features.I, F32 [frames, features], or "
                   "input_values.I, F32 [samples], for one of sound, and decoder_input_ids.I what the decoder has said")
        ->required();
    app.add_option("OUT", a.out, "Outputs: logits.I, last_hidden_state.I, greedy_ids.I")->required();
    app.add_option("--adapter", a.adapters, "A directory with a LoRA adapter to merge (may be repeated)");
    app.add_option("--threads", a.threads, "Worker threads (default: one for each core)");
    app.add_option("--greedy", a.greedy, "Also continue each input greedily by this many tokens")
        ->check(CLI::NonNegativeNumber);
    return examples::run_program(app, argc, argv, [&] { run(a); });
}
