// A language model without weights: the next token depends on the last one and on its place alone.
#pragma once

#include <cmath>
#include <span>

#include "tessera/core/random.hpp"
#include "tessera/model/language_model.hpp"
#include "tessera/sample/log_probability.hpp"

namespace support {

using namespace tessera;

class markov final : public model::language_model {
public:
    explicit markov(index_t vocabulary) {
        config_.vocabulary = vocabulary;
        config_.hidden = 1;
        config_.context = 64;
    }

    const model::decoder_config& config() const override { return config_; }
    cache::layout cache_layout() const override { return {}; }
    index_t weight_bytes() const override { return 0; }

    float logit(token_t last, index_t position, token_t next) const {
        const auto n = std::uint64_t((position * config_.vocabulary + last) * config_.vocabulary + next);
        return 4 * random_uniform(11, n);
    }
    double log_probability(token_t last, index_t position, token_t next) const {
        std::vector<float> row;
        for (token_t t = 0; t < config_.vocabulary; ++t) row.push_back(logit(last, position, t));
        return double(row[std::size_t(next)]) - sample::log_sum_exp(row);
    }

    void forward(const model::batch& b, const model::outputs& out, workspace& memory, exec::executor_ref,
                 model::observer*) const override {
        if (memory.is_measuring()) return;
        for (std::size_t i = 0; i < b.wanted.size() && !out.logits.empty(); ++i) {
            const auto row = std::size_t(b.wanted[i]);
            for (token_t t = 0; t < config_.vocabulary; ++t)
                out.logits(index_t(i), t) = logit(b.tokens[row], b.positions[row], t);
        }
    }

private:
    model::decoder_config config_;
};

}
