// The logit of a token that a user named, who may have named one that is not there.
#pragma once

#include <string>

#include "tessera/core/error.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

// Throws errc::argument, with the name of the sampler, for a token outside the vocabulary.
inline float& logit_of(const row& r, token_t token, const char* sampler) {
    if (token < 0 || std::size_t(token) >= r.logits.size())
        throw error(errc::argument, "no such token",
                    {.subject = sampler,
                     .expected = "a token below " + std::to_string(r.logits.size()),
                     .found = std::to_string(token)});
    return r.logits[std::size_t(token)];
}

}
