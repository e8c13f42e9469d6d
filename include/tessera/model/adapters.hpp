// Adapters that a model keeps apart from its weights: their numbers, and which of them the rows of a batch use.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "tessera/core/error.hpp"
#include "tessera/core/row_adapters.hpp"
#include "tessera/model/batch.hpp"
#include "tessera/model/decoder_config.hpp"

namespace tessera::inline TESSERA_ABI::model {

// What a batch calls the adapter of that name; no_adapter for none (""). Throws errc::argument when there is no such.
inline index_t adapter_number(const decoder_config& config, std::string_view name) {
    if (name.empty()) return no_adapter;
    const auto found = std::ranges::find(config.adapters, name);
    if (found != config.adapters.end()) return found - config.adapters.begin();
    std::string all;
    for (const std::string& one : config.adapters) all += (all.empty() ? "" : ", ") + one;
    throw error(errc::argument, "the model keeps no such adapter",
                {.subject = "adapter",
                 .expected = all.empty() ? "none: it keeps none" : "one of " + all,
                 .found = std::string(name)});
}

// For the time of a pass. Throws errc::argument for a number that the model has not.
inline row_adapters adapters_of_rows(const decoder_config& config, const step& s) {
    const batch& b = s.batch;
    if (!b.adapters.empty() && index_t(b.adapters.size()) != b.sequences.sequences())
        throw error(errc::argument, "a batch needs an adapter for each sequence, or none at all",
                    {.expected = std::to_string(b.sequences.sequences()), .found = std::to_string(b.adapters.size())});
    for (const index_t number : b.adapters)
        if (number < no_adapter || number >= index_t(config.adapters.size()))
            throw error(errc::argument, "the model keeps no such adapter",
                        {.subject = "adapter",
                         .expected = "-1 to " + std::to_string(index_t(config.adapters.size()) - 1),
                         .found = std::to_string(number)});
    index_t sequence = 0;
    return row_adapters(s.memory, b.adapters.empty() ? 0 : b.rows(), [&](index_t row) {
        while (row >= b.sequences[sequence].end) ++sequence;
        return b.adapters[std::size_t(sequence)];
    });
}

}
