// The seam of models that carry several residual streams where others carry one: how those begin and end, and what a
// block does with them around its sublayers.
#pragma once

#include "tessera/core/function_ref.hpp"
#include "tessera/model/mixer.hpp"

namespace tessera::inline TESSERA_ABI::model {

// How the streams begin and end. Immutable after construction and shared by threads; with a measuring workspace
// nothing is touched.
class stream_ends {
public:
    virtual ~stream_ends() = default;

    virtual index_t count() const = 0;
    virtual index_t bytes() const = 0;

    // x: [rows, hidden], the embedding; streams: [rows, count · hidden], one beside the other.
    virtual void spread(view<const float> x, view<float> streams, const step& s) const = 0;
    // x: [rows, hidden], what goes to the last norm. The streams may be changed.
    virtual void join(view<float> streams, view<float> x, const step& s) const = 0;

protected:
    stream_ends() = default;
    stream_ends(const stream_ends&) = default;
    stream_ends& operator=(const stream_ends&) = default;
};

// What a block does with the streams: gives its sublayers rows of one width, and takes what they made of them.
class around_block {
public:
    virtual ~around_block() = default;

    virtual index_t bytes() const = 0;

    // streams: [rows, count · hidden], changed in place; sublayers(x) changes x: [rows, hidden] in place, once.
    virtual void operator()(view<float> streams, const layer_pass& pass,
                            function_ref<void(view<float> x)> sublayers) const = 0;

protected:
    around_block() = default;
    around_block(const around_block&) = default;
    around_block& operator=(const around_block&) = default;
};

}
