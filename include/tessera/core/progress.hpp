// How long work tells its caller how far it is, and is told to stop.
#pragma once

#include "tessera/core/error.hpp"
#include "tessera/core/function_ref.hpp"

namespace tessera::inline TESSERA_ABI {

// Called with what is done and what there is in all (bytes or tokens); false cancels the work.
using progress_ref = function_ref<bool(index_t done, index_t total)>;

inline constexpr auto no_progress = [](index_t, index_t) { return true; };

// Throws errc::cancelled when the caller said stop.
inline void report(progress_ref progress, index_t done, index_t total) {
    if (!progress(done, total)) throw error(errc::cancelled, "cancelled by the caller");
}

}
