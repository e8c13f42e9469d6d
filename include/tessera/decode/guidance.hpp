// Classifier-free guidance: moves the next token away from what a second text would make probable (Sanchez et al.
// 2023).
#pragma once

#include <span>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/sample/log_probability.hpp"

namespace tessera::inline TESSERA_ABI::decode {

// An edit: log p = scale · (log p − log p₂) + log p₂, where p₂ is what the other session says of the next token. One
// text's generation may use it, and the other session hears each of its tokens:
// generate(session, prompt, {}, guidance(other, 1.5f) | temperature(0.8f) | draw{seed}).
template <class Session>
class guidance {
public:
    // `other` outlives it, is of a model with the same vocabulary and has run a prompt of its own: without what should
    // matter, or with its opposite. With scale = 1 it changes no probability.
    guidance(Session& other, float scale) : other_(&other), scale_(scale) {}

    // Throws errc::argument when the other session has no logits, or not as many.
    void operator()(const sample::row& r) {
        other_->prefill(r.generated.subspan(heard_));
        heard_ = r.generated.size();
        const std::span<const float> logits = other_->logits();
        if (logits.size() != r.logits.size())
            throw error(errc::argument, "guidance needs logits of the same vocabulary",
                        {.expected = std::to_string(r.logits.size()), .found = std::to_string(logits.size())});
        const double own = sample::log_sum_exp(r.logits), others = sample::log_sum_exp(logits);
        for (std::size_t i = 0; i < logits.size(); ++i) {
            const double with = double(r.logits[i]) - own, without = double(logits[i]) - others;
            if (r.logits[i] > sample::excluded)
                r.logits[i] = static_cast<float>(double(scale_) * (with - without) + without);
        }
    }

private:
    Session* other_;
    float scale_;
    std::size_t heard_ = 0;
};

}
