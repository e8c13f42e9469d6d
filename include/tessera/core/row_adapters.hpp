// Which adapter each row uses, for as long as products have those rows.
#pragma once

#include "tessera/core/workspace.hpp"

namespace tessera::inline TESSERA_ABI {

// Until it ends, products on this workspace have n rows, of which row i uses adapter of(i), or no_adapter; it is asked
// for each i in turn. What is taken from the workspace meanwhile is given back with it.
class row_adapters {
public:
    template <class Of>
    row_adapters(workspace& memory, index_t n, Of of) : frame_(memory), memory_(memory), before_(memory.adapters()) {
        index_t* const each = memory.take<index_t>(n);
        for (index_t i = 0; i < n && !memory.is_measuring(); ++i) each[i] = of(i);
        memory.use_adapters({each, {n}});
    }
    row_adapters(const row_adapters&) = delete;
    row_adapters& operator=(const row_adapters&) = delete;
    ~row_adapters() { memory_.use_adapters(before_); }

    // For rows that were gathered: row i is row from(i) of those before. Nothing is done when none of those uses any.
    template <class From>
    static row_adapters gathered(workspace& memory, index_t n, From from) {
        const view<const index_t, 1> before = memory.adapters();
        return row_adapters(memory, before.empty() ? 0 : n, [&](index_t i) { return before[from(i)]; });
    }

private:
    workspace::frame frame_;
    workspace& memory_;
    view<const index_t, 1> before_;
};

}
