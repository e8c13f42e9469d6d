// A weight source over tensors that lie in the caller's memory.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tessera/core/bits.hpp"
#include "tessera/core/view.hpp"
#include "tessera/io/source.hpp"

namespace tessera::inline TESSERA_ABI::io {

template <class T>
consteval quant::storage storage_of() {
    using quant::storage;
    if constexpr (std::is_same_v<T, float>) return storage::f32;
    if constexpr (std::is_same_v<T, f16>) return storage::f16;
    if constexpr (std::is_same_v<T, bf16>) return storage::bf16;
    if constexpr (std::is_same_v<T, double>) return storage::f64;
    if constexpr (std::is_same_v<T, std::int8_t>) return storage::i8;
    if constexpr (std::is_same_v<T, std::uint8_t>) return storage::u8;
    if constexpr (std::is_same_v<T, std::int16_t>) return storage::i16;
    if constexpr (std::is_same_v<T, std::int32_t>) return storage::i32;
    if constexpr (std::is_same_v<T, std::int64_t>) return storage::i64;
    if constexpr (std::is_same_v<T, bool>) return storage::boolean;
}

// The bytes of a dense view: nothing is copied.
template <class T, int Rank>
requires(Rank <= quant::stored_tensor::max_rank) quant::stored_tensor stored(view<T, Rank> x) {
    if (!x.contiguous()) throw error(errc::argument, "a view that is not contiguous cannot be stored");
    quant::stored_tensor t;
    t.format = storage_of<std::remove_const_t<T>>();
    t.rank = Rank;
    for (int i = 0; i < Rank; ++i) t.extents[i] = x.extent(i);
    t.bytes = std::as_bytes(std::span(x.data(), std::size_t(x.size())));
    return t;
}

class memory {
public:
    // What the tensor's bytes point to must outlive this. A name given before is replaced.
    void add(std::string name, const quant::stored_tensor& t) {
        const auto [place, is_new] = tensors_.insert_or_assign(std::move(name), t);
        if (is_new) names_.push_back(place->first);
    }
    template <class T, int Rank>
    void add(std::string name, view<T, Rank> x) {
        add(std::move(name), stored(x));
    }

    const quant::stored_tensor* find(std::string_view name) const {
        const auto place = tensors_.find(name);
        return place == tensors_.end() ? nullptr : &place->second;
    }
    std::span<const std::string> names() const { return names_; }

private:
    std::map<std::string, quant::stored_tensor, std::less<>> tensors_;
    std::vector<std::string> names_;
};

}
