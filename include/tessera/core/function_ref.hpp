// A non-owning reference to a callable: two words, no allocation.
#pragma once

#include <type_traits>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI {

template <class Signature>
class function_ref;

// The callable must outlive the reference; bind only for the duration of a call.
template <class R, class... Args>
class function_ref<R(Args...)> {
public:
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, function_ref> && std::is_invocable_r_v<R, F&, Args...>)
    function_ref(F&& f)
        : object_(const_cast<void*>(static_cast<const void*>(&f))),
          call_([](void* object, Args... args) -> R {
              return (*static_cast<std::remove_reference_t<F>*>(object))(static_cast<Args&&>(args)...);
          }) {}

    R operator()(Args... args) const { return call_(object_, static_cast<Args&&>(args)...); }

private:
    void* object_;
    R (*call_)(void*, Args...);
};

}
