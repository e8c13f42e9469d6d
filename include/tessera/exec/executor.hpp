// Who runs the loop: the executor concept, and a reference that any executor converts to.
#pragma once

#include <concepts>

#include "tessera/core/function_ref.hpp"
#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::exec {

// Called with a part of [0, n) and the number of the worker that runs it, below concurrency().
using task_ref = function_ref<void(range, index_t worker)>;

// run(n, grain, f) calls f on disjoint ranges that together are [0, n), each cut at multiples of grain, and returns
// when all are done. It may be called from several threads at once; a nested run goes inline; what f throws is
// rethrown.
template <class E>
concept executor = requires(E& e, const E& c, index_t n, task_ref f) {
    { c.concurrency() } -> std::convertible_to<index_t>;
    e.run(n, n, f);
};

// Runs everything on the calling thread.
struct inline_executor {
    static constexpr index_t concurrency() { return 1; }
    void run(index_t n, index_t, task_ref f) const {
        if (n > 0) f(range{0, n}, 0);
    }
};

inline constexpr inline_executor inline_execution{};

// A non-owning, copyable handle to any executor. Kernels take this, so that they are compiled once.
class executor_ref {
public:
    template <executor E>
    requires(!std::same_as<std::remove_cvref_t<E>, executor_ref>) executor_ref(E& e)
        : object_(const_cast<void*>(static_cast<const void*>(&e))),
          concurrency_(index_t(e.concurrency())),
          run_([](void* object, index_t n, index_t grain, task_ref f) { static_cast<E*>(object)->run(n, grain, f); }) {}

    index_t concurrency() const { return concurrency_; }
    void run(index_t n, index_t grain, task_ref f) const { run_(object_, n, grain, f); }

private:
    void* object_;
    index_t concurrency_;
    void (*run_)(void*, index_t, index_t, task_ref);
};

}
