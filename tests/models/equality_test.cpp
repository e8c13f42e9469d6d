// What the library promises bit for bit: how tokens are cut into steps, who else is in the batch and how many threads
// run change nothing.
#include <random>

#include "families/families.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "tessera/cache/ring.hpp"
#include "tessera/embedding/table.hpp"
#include "tessera/exec/thread_pool.hpp"

using namespace tessera;

namespace {

// One model of each mixer, norm placement and weight format.
const std::vector<std::string>& subjects() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> names;
        for (const std::string& name : golden::names())
            if (name.find("older") == std::string::npos && name.find("rope") == std::string::npos)
                names.push_back(name);
        return names;
    }();
    return all;
}

std::vector<token_t> random_ids(index_t n, index_t vocabulary, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<token_t> ids(static_cast<std::size_t>(n));
    for (token_t& t : ids) t = static_cast<token_t>(random() % unsigned(vocabulary));
    return ids;
}

models::any open(const std::string& name) {
    const auto files = models::open_checkpoint(golden::model_path(name));
    models::any model = examples::open_model(files);
    // Some converters write the width as the context of models that have no limit.
    if (model->config().context < 45) model = examples::open_model(files, {.context = 45});
    return model;
}

using logits = std::vector<float>;

// What models that read a source answer to.
golden::inputs source_for(const model::language_model& model) {
    const model::frame_shape shape = model.source_frames();
    if (shape.features == 0) return {random_ids(19, model.config().vocabulary, 99), {}, {}};
    golden::inputs in{{}, {}, tensor<float>({shape.frames > 0 ? shape.frames : 1500, shape.features})};
    std::mt19937 random(98);
    for (float& x : in.frames.flat()) x = float(random() % 2001u) / 1000.0f - 1.0f;
    return in;
}
void read_source(auto& session) {
    if (session.model().reads_a_source()) golden::read(session, source_for(session.model()));
}

template <class Spec = cache::contiguous>
logits all_logits(const model::language_model& model, const std::vector<token_t>& ids, index_t rows,
                  exec::executor_ref run = exec::inline_execution, Spec spec = {}) {
    session one(model, spec, run, {.rows = rows});
    read_source(one);
    logits out(ids.size() * std::size_t(model.config().vocabulary));
    one.run(ids, {{out.data(), {index_t(ids.size()), model.config().vocabulary}}, {}});
    return out;
}

index_t length_for(const model::language_model& model) { return std::min<index_t>(model.config().context, 45); }

}

TEST_CASE("Chunked and step-by-step runs give the bits of one shot", "[models][equality]") {
    for (const std::string& name : subjects()) {
        INFO(name);
        const auto model = open(name);
        const auto ids = random_ids(length_for(model), model->config().vocabulary, 1);
        const logits whole = all_logits(model, ids, 64);
        for (const index_t rows : {1, 2, 3, 7, 16, 17}) {
            INFO(rows << " rows at once");
            CHECK(all_logits(model, ids, rows) == whole);
        }
    }
}

TEST_CASE("One, two and three threads give the same bits", "[models][equality][threads]") {
    exec::thread_pool two(2), three(3);
    for (const std::string& name : subjects()) {
        INFO(name);
        const auto model = open(name);
        const auto ids = random_ids(length_for(model), model->config().vocabulary, 2);
        const logits alone = all_logits(model, ids, 19);
        CHECK(all_logits(model, ids, 19, two) == alone);
        CHECK(all_logits(model, ids, 19, three) == alone);
        CHECK(all_logits(model, ids, 1, three) == alone);
    }
}

TEST_CASE("A ring cache gives the bits of a contiguous one, and 16-bit caches agree among themselves",
          "[models][equality]") {
    for (const std::string name : {"mistral", "gemma3", "gemma2", "gemma3n", "gemma4", "llama"}) {
        INFO(name);
        const auto model = open(name);
        const auto ids = random_ids(length_for(model), model->config().vocabulary, 3);
        CHECK(all_logits(model, ids, 5, exec::inline_execution, cache::ring{}) == all_logits(model, ids, 64));
        const cache::contiguous half{.type = quant::storage::f16};
        CHECK(all_logits(model, ids, 1, exec::inline_execution, half) ==
              all_logits(model, ids, 64, exec::inline_execution, half));
    }
}

TEST_CASE("A packed batch of strangers gives each the bits it has alone", "[models][equality]") {
    for (const std::string& name : subjects()) {
        INFO(name);
        const auto model = open(name);
        const index_t vocabulary = model->config().vocabulary;
        // Sequences with different pasts each get some more rows in one step.
        const index_t past[] = {0, 9, 17, 3}, more[] = {5, 1, 2, 8};
        std::vector<std::vector<token_t>> all;
        std::vector<cache::any> caches;
        std::vector<cache::ref> refs;
        std::vector<token_t> tokens;
        std::vector<std::int32_t> positions;
        std::vector<index_t> offsets{0}, wanted;
        workspace memory(index_t(8) << 20);
        exec::inline_executor here;
        std::shared_ptr<const model::encoder_memory> source;
        if (model->source_frames().features > 0) {
            source = model->encode_frames(source_for(model).frames, here);
        } else if (model->reads_a_source()) {
            source = model->encode(source_for(model).source, here);
        }
        const std::vector<const model::encoder_memory*> sources(source != nullptr ? 4 : 0, source.get());
        const auto first_source = std::span(sources).first(std::min<std::size_t>(1, sources.size()));
        for (std::size_t s = 0; s < 4; ++s) {
            all.push_back(random_ids(past[s] + more[s], vocabulary, unsigned(10 + s)));
            caches.push_back(cache::contiguous{.places = 64}.make(model->cache_layout()));
            if (past[s] > 0) {
                cache::ref own = caches.back().ref();
                std::vector<std::int32_t> at(std::size_t(past[s]), 0);
                for (std::size_t i = 0; i < at.size(); ++i) at[i] = std::int32_t(i);
                const index_t alone[] = {0, past[s]};
                model->forward(
                    {std::span(all[s]).first(std::size_t(past[s])), at, {alone}, {&own, 1}, {}, first_source}, {},
                    memory, here);
                own.commit();
            }
            for (index_t i = 0; i < more[s]; ++i) {
                tokens.push_back(all[s][std::size_t(past[s] + i)]);
                positions.push_back(std::int32_t(past[s] + i));
                wanted.push_back(index_t(wanted.size()));
            }
            offsets.push_back(index_t(tokens.size()));
        }
        for (cache::any& c : caches) refs.push_back(c.ref());
        tensor<float> out({index_t(tokens.size()), vocabulary});
        model->forward({tokens, positions, {offsets}, refs, wanted, sources}, {out, {}}, memory, here);
        for (std::size_t s = 0; s < 4; ++s) {
            const logits alone = all_logits(model, all[s], 64);
            const std::size_t begin = std::size_t(past[s] * vocabulary);
            const std::span<const float> packed =
                out.flat().subspan(std::size_t(offsets[s] * vocabulary), std::size_t(more[s] * vocabulary));
            CHECK(std::equal(packed.begin(), packed.end(), alone.begin() + std::ptrdiff_t(begin), alone.end()));
        }
    }
}

TEST_CASE("A fork that is truncated never happened, and leaves its origin alone", "[models][equality]") {
    for (const std::string& name : subjects()) {
        INFO(name);
        const auto model = open(name);
        const auto ids = random_ids(30, model->config().vocabulary, 4);
        const std::span<const token_t> all(ids);
        session straight(model, cache::contiguous{}, exec::inline_execution);
        read_source(straight);
        straight.prefill(all.first(20));
        const logits after_twenty(straight.logits().begin(), straight.logits().end());

        auto fork = straight.fork();
        fork.prefill(all.subspan(20));
        fork.truncate(12);
        fork.prefill(all.subspan(12, 8));
        CHECK(std::equal(after_twenty.begin(), after_twenty.end(), fork.logits().begin(), fork.logits().end()));
        CHECK(straight.size() == 20);
        straight.step(ids[20]);
        fork.step(ids[20]);
        CHECK(
            std::equal(straight.logits().begin(), straight.logits().end(), fork.logits().begin(), fork.logits().end()));
    }
}

TEST_CASE("Layers that read the embedding themselves read rows that come as embeddings too", "[models][equality]") {
    const models::checkpoint files = models::open_checkpoint(golden::model_path("zamba2"));
    const auto model = examples::open_model(files);
    const index_t vocabulary = model->config().vocabulary, width = model->config().hidden;
    const embedding::table table(io::require(files.weights, "model.embed_tokens.weight", vocabulary, width));
    const auto ids = random_ids(9, vocabulary, 5);
    tensor<float> rows({9, width});
    table.gather(ids, rows);
    session words(model, cache::contiguous{}, exec::inline_execution);
    session embedded(model, cache::contiguous{}, exec::inline_execution);
    words.prefill(ids);
    embedded.prefill_embedded(rows);
    CHECK(std::ranges::equal(words.logits(), embedded.logits()));
}
