// What generation_config.json says of beam search.
#pragma once

#include "tessera/decode/beam.hpp"
#include "tessera/models/config_keys.hpp"

namespace tessera::inline TESSERA_ABI::models {

// One beam when the file names no number. Throws errc::argument for early_stopping that is neither a boolean nor
// "never".
inline decode::beam_options read_beam_defaults(const io::json& c) {
    const io::json* stopping = c.find("early_stopping");
    decode::beam_options options{.beams = index_t(c.get_or("num_beams", std::int64_t(1))),
                                 .length_penalty = float_key(c, "length_penalty", 1.0)};
    if (stopping == nullptr || stopping->is_null()) return options;
    if (stopping->is_bool()) {
        options.early_stopping = stopping->as_bool() ? decode::early_stopping::yes : decode::early_stopping::no;
    } else if (stopping->as_string("early_stopping") == "never") {
        options.early_stopping = decode::early_stopping::never;
    } else {
        throw error(
            errc::argument, "no such way to stop early",
            {.subject = "early_stopping", .expected = "true, false or \"never\"", .found = stopping->as_string()});
    }
    return options;
}

}
