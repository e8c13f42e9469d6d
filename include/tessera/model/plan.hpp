// Bytes before anything runs: what a session on a model will hold.
#pragma once

#include <algorithm>
#include <vector>

#include "tessera/model/language_model.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct memory_plan {
    index_t weights = 0;  // shared by all sessions of the model
    index_t cache = 0;
    index_t workspace = 0;
    index_t session = 0;  // logits, tokens, positions

    index_t total() const { return weights + cache + workspace + session; }
};

// Stands for a full cache while bytes are counted: it has the extents, and no memory.
template <class T>
struct planned_cache {
    using stored = T;
    cache::layout layout;
    index_t places = 0;

    index_t layers() const { return index_t(layout.size()); }
    static range append(index_t, std::span<const std::int32_t>) { return {}; }
    key_blocks<T> view(index_t i) const {
        key_blocks<T> keys;
        keys.layout = layout[std::size_t(i)].blocks_of(sizeof(T));
        keys.places = {0, places};
        return keys;
    }
    index_t length(index_t) const { return places; }
    static void commit() {}
    static void commit(std::span<const index_t>) {}
    static index_t truncate(index_t) { return 0; }
    static index_t capacity_to_roll_back() { return 0; }
    planned_cache fork() const { return *this; }
    static index_t bytes() { return 0; }
};

// Workspace bytes of one packed step: so many rows of each of so many sequences, whose caches have so many places of
// this type, and whose source text, if they have read one, is this.
inline index_t step_bytes(const language_model& model, quant::storage stored, index_t places, index_t sequences,
                          index_t rows, exec::executor_ref run, const encoder_memory* source = nullptr) {
    const auto all = std::size_t(sequences * rows);
    const std::vector<token_t> tokens(all, 0);
    const std::vector<std::int32_t> positions(all, 0);
    const std::vector<index_t> wanted(all, 0);
    std::vector<index_t> offsets(std::size_t(sequences) + 1);
    for (index_t i = 0; i <= sequences; ++i) offsets[std::size_t(i)] = i * rows;
    planned_cache<float> floats{model.cache_layout(), places};
    planned_cache<f16> halves{model.cache_layout(), places};
    const cache::ref planned = stored == quant::storage::f16 ? cache::ref(halves) : cache::ref(floats);
    std::vector<cache::ref> caches(std::size_t(sequences), planned);
    const std::vector<const encoder_memory*> sources(source != nullptr ? std::size_t(sequences) : 0, source);
    const std::vector<index_t> adapters(model.config().adapters.empty() ? 0 : std::size_t(sequences), 0);
    workspace count = workspace::measuring();
    model.forward({tokens, positions, {offsets}, caches, wanted, sources, {}, adapters},
                  {{nullptr, {index_t(all), model.config().vocabulary}}, {}}, count, run);
    return count.high_water();
}

// The most that steps of 1 … `rows` rows of one sequence need.
inline index_t workspace_bytes(const language_model& model, quant::storage stored, index_t places, index_t rows,
                               exec::executor_ref run, const encoder_memory* source = nullptr) {
    index_t most = step_bytes(model, stored, places, 1, rows, run, source);
    // Few rows may need more than many: keys are then shared out among the workers.
    for (index_t n = 1; n < rows; n *= 2) most = std::max(most, step_bytes(model, stored, places, 1, n, run, source));
    return most;
}

}
