// Prompts of tokens and of rows that are none: pictures, sound, or a text made shorter, among words.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include "tessera/core/error.hpp"
#include "tessera/core/view.hpp"

namespace tessera::inline TESSERA_ABI::model {

// Runs a prompt in which each run of `placeholder` tokens stands for as many of the rows, in their order. Throws
// errc::shape when there are not as many of one as of the other.
template <class Session>
void prefill_with_rows(Session& session, std::span<const token_t> prompt, token_t placeholder, view<const float> rows) {
    const index_t places = std::count(prompt.begin(), prompt.end(), placeholder);
    if (places != rows.extent(0))
        throw error(errc::shape, "a prompt has not as many places as rows",
                    {.expected = std::to_string(rows.extent(0)), .found = std::to_string(places)});
    index_t used = 0;
    for (auto at = prompt.begin(); at != prompt.end();) {
        const bool is_row = *at == placeholder;
        const auto end = std::find_if(at, prompt.end(), [&](token_t t) { return (t == placeholder) != is_row; });
        if (is_row) {
            session.prefill_embedded(rows.slice({used, used + (end - at)}));
            used += end - at;
        } else {
            session.prefill({at, end});
        }
        at = end;
    }
}

}
