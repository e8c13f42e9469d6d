// Low-rank adapters (LoRA, Hu et al. 2021; DoRA, Liu et al. 2024; rank-stabilised, Kalajdzievski 2023) of a checkpoint:
// merged into its weights while they are read, or kept apart, for sequences to choose from.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/memory.hpp"
#include "tessera/models/kept_adapters.hpp"
#include "tessera/models/load_options.hpp"
#include "tessera/models/peft.hpp"

namespace tessera::inline TESSERA_ABI::models {

// A base's weights with those that an adapter changes in place of its own.
class adapted_source {
public:
    adapted_source(const checkpoint& base, const std::filesystem::path& directory)
        : base_(base.weights), adapter_(base, directory) {
        const auto names = adapter_.file().names();
        for (const std::string& name : names)
            if (peft_adapter::part_of(name) == peft_adapter::part::whole)
                changed_.add(adapter_.tensor_of(name), *adapter_.file().find(name));
        for (const std::string& name : names) {
            const peft_adapter::part part = peft_adapter::part_of(name);
            if (part == peft_adapter::part::linear || part == peft_adapter::part::embedding) merge(name);
        }
    }

    const quant::stored_tensor* find(std::string_view name) const {
        const quant::stored_tensor* changed = changed_.find(name);
        return changed != nullptr ? changed : base_.find(name);
    }
    std::span<const std::string> names() const { return base_.names(); }
    io::tensor_info describe(std::string_view name) const {
        const quant::stored_tensor* changed = changed_.find(name);
        return changed != nullptr ? io::describe(*changed) : base_.describe(name);
    }
    std::string file_of(std::string_view name) const { return base_.file_of(name); }

private:
    // W + b a, each row scaled to its magnitude if there is one.
    void merge(const std::string& name) {
        const std::string own = adapter_.tensor_of(name);
        const peft_adapter::factors f = adapter_.factors_of(name);
        tensor<float> w = adapter_.sum(*this, own, f);
        if (f.magnitude.size() > 0) scale_rows(w, row_factors(w, f.magnitude));
        keep(own, *find(own), adapter_.turned() ? turned(w) : std::move(w));
    }
    static void scale_rows(tensor<float>& w, const tensor<float, 1>& factors) {
        for (index_t r = 0; r < w.extent(0); ++r)
            for (index_t c = 0; c < w.extent(1); ++c) w(r, c) *= factors(r);
    }
    static tensor<float> turned(const tensor<float>& w) {
        tensor<float> t({w.extent(1), w.extent(0)});
        for (index_t r = 0; r < w.extent(0); ++r)
            for (index_t c = 0; c < w.extent(1); ++c) t(c, r) = w(r, c);
        return t;
    }

    // In 16 bits where the base has no more.
    void keep(const std::string& name, const quant::stored_tensor& base, tensor<float> w) {
        if (base.format == quant::storage::f32) return own(name, std::move(w));
        if (base.format == quant::storage::bf16) return own(name, rounded<bf16>(w));
        own(name, rounded<f16>(w));
    }
    template <class T>
    static tensor<T> rounded(const tensor<float>& w) {
        tensor<T> r({w.extent(0), w.extent(1)});
        for (index_t i = 0; i < w.size(); ++i) r.data()[i] = T(w.data()[i]);
        return r;
    }
    template <class T>
    void own(const std::string& name, tensor<T> w) {
        auto held = std::make_shared<const tensor<T>>(std::move(w));
        changed_.add(name, held->view());
        owned_.push_back(std::move(held));
    }

    io::any_source base_;
    peft_adapter adapter_;
    io::memory changed_;
    std::vector<std::shared_ptr<const void>> owned_;
};

// The checkpoint with the adapter of a directory merged in; further adapters go on top. A head that is tied to an
// adapted embedding changes with it, as after PEFT's own merge. Throws what peft_adapter does.
inline checkpoint with_adapter(checkpoint files, const std::filesystem::path& directory) {
    files.weights = adapted_source(files, directory);
    return files;
}
inline checkpoint with_adapters(checkpoint files, std::span<const std::filesystem::path> directories) {
    for (const std::filesystem::path& directory : directories) files = with_adapter(std::move(files), directory);
    return files;
}

// One more adapter of `to`: each of its linear maps. Throws errc::unsupported for other parts.
inline void keep_adapter(kept_adapters& to, const checkpoint& files, const kept_adapter& named) {
    if (named.name.empty() || std::ranges::find(to.names(), named.name) != to.names().end())
        throw error(errc::argument, "an adapter that is kept needs a name of its own", {.subject = named.name});
    const peft_adapter adapter(files, named.directory);
    for (const std::string& name : adapter.file().names()) {
        const peft_adapter::part part = peft_adapter::part_of(name);
        if (part == peft_adapter::part::other_factor) continue;
        if (part != peft_adapter::part::linear)
            throw error(errc::unsupported, "an adapter is kept apart of linear maps alone: this one can be merged",
                        {.file = adapter.file().file_of(name), .subject = name});
        const std::string own = adapter.tensor_of(name);
        peft_adapter::factors f = adapter.factors_of(name);
        tensor<float, 1> factor;
        if (f.magnitude.size() > 0) factor = row_factors(adapter.sum(files.weights, own, f), f.magnitude);
        to.add(own, {index_t(to.names().size()), std::move(f.a), std::move(f.b), std::move(factor)});
    }
    to.add_name(named.name);
}

// The checkpoint whose model will keep these apart, in this order; what is merged is merged before. Throws what
// peft_adapter and keep_adapter do; loading throws errc::unsupported for a tensor that a family does not multiply by.
inline checkpoint with_kept_adapters(checkpoint files, std::span<const kept_adapter> adapters) {
    if (adapters.empty()) return files;
    kept_adapters all;
    for (const kept_adapter& one : adapters) keep_adapter(all, files, one);
    files.adapters = std::make_shared<const kept_adapters>(std::move(all));
    return files;
}

// Both, as options say.
inline checkpoint with_adapters(checkpoint files, const load_options& options) {
    return with_kept_adapters(with_adapters(std::move(files), options.adapters), options.kept_adapters);
}

}
