// A value or the error that stood in its way, for callers who do not want exceptions to cross their code.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "tessera/core/error.hpp"

namespace tessera::inline TESSERA_ABI {

template <class T>
class result {
public:
    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(tessera::error e) : state_(std::in_place_index<1>, std::move(e)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // Throws the error when there is no value.
    T& value() & { return checked(), *std::get_if<0>(&state_); }
    const T& value() const& { return checked(), *std::get_if<0>(&state_); }
    T&& value() && { return checked(), std::move(*std::get_if<0>(&state_)); }
    T& operator*() & { return *std::get_if<0>(&state_); }
    T* operator->() { return std::get_if<0>(&state_); }

    // Only when there is no value.
    const tessera::error& error() const { return *std::get_if<1>(&state_); }

private:
    void checked() const {
        if (!has_value()) throw error();
    }

    std::variant<T, tessera::error> state_;
};

// Runs f() and returns its value, or the tessera::error that it threw: attempt([&] { return load<llama>(dir); }).
template <class F>
auto attempt(F&& f) -> result<std::remove_cvref_t<decltype(f())>> {
    try {
        return f();
    } catch (const error& e) {
        return e;
    }
}

}
