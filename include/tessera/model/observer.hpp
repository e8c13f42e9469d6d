// Someone who watches a forward pass: hidden states, attention mass, time by part. Costs nothing when absent.
#pragma once

#include <chrono>
#include <string_view>

#include "tessera/core/view.hpp"

namespace tessera::inline TESSERA_ABI::model {

class observer {
public:
    virtual ~observer() = default;

    // The residual stream after a layer, the first where there are several: [rows, hidden]; layer -1 is the embedding.
    virtual void hidden(index_t /*layer*/, view<const float> /*x*/) {}
    // Whether attention() is to be called: it costs a second look at the scores, and memory.
    virtual bool wants_attention(index_t /*layer*/) const { return false; }
    // Softmax weights that each place of a sequence got from the rows of this step, summed over them:
    // [query heads, places]. A step of one row gives that row's attention map.
    virtual void attention(index_t /*layer*/, index_t /*sequence*/, view<const float> /*mass*/) {}
    // Time one part of one layer took, in seconds: "attention", "feed_forward", "head", "embedding".
    virtual void elapsed(std::string_view /*part*/, index_t /*layer*/, double /*seconds*/) {}
};

// Tells the observer, if there is one, how long its scope lasted.
class timed {
public:
    timed(observer* watch, std::string_view part, index_t layer) : watch_(watch), part_(part), layer_(layer) {
        if (watch_ != nullptr) begin_ = clock::now();
    }
    timed(const timed&) = delete;
    timed& operator=(const timed&) = delete;
    ~timed() {
        if (watch_ != nullptr)
            watch_->elapsed(part_, layer_, std::chrono::duration<double>(clock::now() - begin_).count());
    }

private:
    using clock = std::chrono::steady_clock;
    observer* watch_;
    std::string_view part_;
    index_t layer_;
    clock::time_point begin_{};
};

}
