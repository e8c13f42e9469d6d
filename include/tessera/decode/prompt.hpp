// How a text begins: the prompt, or what the model begins texts with.
#pragma once

#include <span>

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

}
