// One packed step: rows of several sequences, each with its own cache, and the outputs that are asked of it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "tessera/cache/ref.hpp"
#include "tessera/core/ragged.hpp"
#include "tessera/core/view.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/model/observer.hpp"

namespace tessera::inline TESSERA_ABI::model {

class encoder_memory;

// Stands among tokens for a row that comes as an embedding: of a picture, of sound, of a compressed text.
inline constexpr token_t embedded_row = -1;

struct batch {
    std::span<const token_t> tokens;                   // [rows]; embedded_row where a row is no token
    std::span<const std::int32_t> positions;           // [rows]
    ragged sequences;                                  // rows of each sequence
    std::span<cache::ref> caches;                      // [sequences]; rows are appended, the caller commits them
    std::span<const index_t> wanted;                   // rows whose outputs are asked, rising
    std::span<const encoder_memory* const> sources{};  // [sequences]; for decoders that attend to a source text
    view<const float> embedded{};         // [rows, hidden]: rows that are no tokens, as they enter the layers
    std::span<const index_t> adapters{};  // [sequences]: numbers in decoder_config::adapters, or no_adapter; or empty

    index_t rows() const { return sequences.rows(); }
};

// Either view may be empty: then it is not computed.
struct outputs {
    view<float> logits{};  // [wanted, vocabulary]
    view<float> hidden{};  // [wanted, hidden], after the final norm
};

// What every part of a pass needs beside its input.
struct step {
    const model::batch& batch;
    workspace& memory;
    exec::executor_ref run;
    observer* watch = nullptr;
};

// f(span): make(i) for each i < n, in memory of the workspace; in memory of its own while the workspace measures.
template <class Make, class F>
void with_each(workspace& memory, index_t n, Make make, F f) {
    using element = decltype(make(n));
    const workspace::frame scratch(memory);
    element* all = memory.take<element>(n);
    std::vector<element> counted(memory.is_measuring() ? std::size_t(n) : 0);
    if (memory.is_measuring()) all = counted.data();
    for (index_t i = 0; i < n; ++i) std::construct_at(all + i, make(i));
    f(std::span<element>(all, std::size_t(n)));
}

}
