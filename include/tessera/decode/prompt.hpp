// How a text begins: the prompt, or what the model begins texts with.
#pragma once

#include <span>
#include <string>

#include "tessera/core/progress.hpp"
#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::decode {

// Runs the prompt, which may be empty if the session has logits, or if it has no tokens and the model knows what a text
// begins with; errc::argument otherwise. Errors as session::prefill.
template <class Session>
void run_prompt(Session& session, std::span<const token_t> prompt, progress_ref progress = no_progress) {
    if (prompt.empty() && session.size() == 0) prompt = session.model().config().begin_tokens;
    session.prefill(prompt, progress);
    if (session.logits().empty()) throw error(errc::argument, "the prompt is empty");
}

// How many tokens a text may get: max_tokens, or while that is negative what the context has room for. Throws
// errc::capacity when there is no room for max_tokens.
template <class Session>
index_t budget(const Session& session, index_t max_tokens) {
    const index_t room = session.context() - session.size();
    if (max_tokens > room)
        throw error(errc::capacity, "the context has no room for the tokens to come",
                    {.expected = "at most " + std::to_string(room), .found = std::to_string(max_tokens)});
    return max_tokens < 0 ? room : max_tokens;
}

}
