// Granite with attention sinks and a window in three of four layers, each layer with a rotary base of its own or none;
// and the same with experts.
#pragma once

#include <algorithm>

#include "tessera/attention/sink.hpp"
#include "tessera/models/granitemoe.hpp"

namespace tessera::inline TESSERA_ABI::models {

template <class Granite>
struct with_sinks : Granite {
    explicit with_sinks(const checkpoint& files, const load_options& options = {}) : Granite(files, options) {
        const io::json& c = files.config;
        this->config.windows =
            windows_of(c, this->config.layers, window_key(c, 128), [](index_t i) { return i % 4 != 0; });
        if (present(c, "layer_rope_theta") == nullptr) return;
        thetas_ = c.get<std::vector<double>>("layer_rope_theta");
        if (index_t(thetas_.size()) != this->config.layers)
            throw error(errc::format, "wrong length",
                        {.subject = "layer_rope_theta",
                         .expected = std::to_string(this->config.layers),
                         .found = std::to_string(thetas_.size())});
        for (const double theta : thetas_)
            if (theta != 0.0 && std::find(bases_.begin(), bases_.end(), theta) == bases_.end()) bases_.push_back(theta);
    }

    auto scores(const model::decoder_config& c, index_t layer) const {
        const std::string name = this->layer_name(layer) + this->names().attention + "sinks";
        return causal_scores(c, layer) & attention::sinks(this->tensors().vector(name, c.heads));
    }

protected:
    std::vector<position::rope_options> ropes() const override {
        if (thetas_.empty()) return Granite::ropes();
        std::vector<position::rope_options> all(bases_.size(), Granite::ropes()[0]);
        for (std::size_t i = 0; i < bases_.size(); ++i) all[i].theta = bases_[i];
        return all;
    }
    index_t rotary(index_t i) const override {
        if (thetas_.empty()) return 0;
        const auto found = std::find(bases_.begin(), bases_.end(), thetas_[std::size_t(i)]);
        return found == bases_.end() ? -1 : found - bases_.begin();
    }

private:
    std::vector<double> thetas_, bases_;  // of each layer, 0 for none; those that occur
};

struct granite_swa : with_sinks<granite> {
    static constexpr std::string_view model_types[] = {"granite_swa"};
    using with_sinks::with_sinks;
};

struct granitemoe_swa : with_sinks<granitemoeshared> {
    static constexpr std::string_view model_types[] = {"granitemoe_swa"};
    using with_sinks::with_sinks;
};

}
