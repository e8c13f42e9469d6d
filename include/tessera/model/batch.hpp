// One packed step: rows of several sequences, each with its own cache, and the outputs that are asked of it.
#pragma once

#include <span>

#include "tessera/cache/ref.hpp"
#include "tessera/core/ragged.hpp"
#include "tessera/core/view.hpp"
#include "tessera/core/workspace.hpp"
#include "tessera/exec/executor.hpp"
#include "tessera/model/observer.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct batch {
    std::span<const token_t> tokens;          // [rows]
    std::span<const std::int32_t> positions;  // [rows]
    ragged sequences;                         // rows of each sequence
    std::span<cache::ref> caches;             // [sequences]; rows are appended, the caller commits them
    std::span<const index_t> wanted;          // rows whose outputs are asked, rising

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

}
