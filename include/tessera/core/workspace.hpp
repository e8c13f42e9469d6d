// The caller's memory for one forward pass: a bump arena that can also just count what it would hand out. It says too
// which adapters the rows of the pass use, since it is what reaches every product.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "tessera/core/error.hpp"
#include "tessera/core/tensor.hpp"

namespace tessera::inline TESSERA_ABI {

// Of a row that uses the weights as they are.
inline constexpr index_t no_adapter = -1;

// take() hands out aligned, uninitialised memory; a frame gives back what was taken since it was opened.
// A measuring workspace has no memory: it hands out null pointers and its high_water() is the bytes needed.
class workspace {
public:
    workspace() = default;
    explicit workspace(index_t bytes) : memory_({round_up(bytes, index_t(alignment))}), capacity_(memory_.size()) {}

    // A copy has room for as much, and nothing in it.
    workspace(const workspace& other) : workspace(other.capacity_) { measuring_ = other.measuring_; }
    workspace(workspace&&) = default;
    workspace& operator=(workspace other) noexcept {
        std::swap(memory_, other.memory_);
        capacity_ = other.capacity_;
        used_ = 0;
        high_water_ = 0;
        measuring_ = other.measuring_;
        return *this;
    }

    static workspace measuring() {
        workspace w;
        w.measuring_ = true;
        return w;
    }

    template <class T>
    T* take(index_t n) {
        const index_t begin = used_;
        used_ = round_up(begin + n * index_t(sizeof(T)), index_t(alignment));
        high_water_ = std::max(high_water_, used_);
        if (measuring_) return nullptr;
        if (used_ > capacity_) {
            used_ = begin;
            throw error(
                errc::capacity, "the workspace is too small",
                {.expected = std::to_string(high_water_) + " bytes or more", .found = std::to_string(capacity_)});
        }
        return reinterpret_cast<T*>(memory_.data() + begin);
    }
    template <class T>
    view<T, 2> take(index_t rows, index_t columns) {
        return {take<T>(rows * columns), {rows, columns}};
    }

    // Whether this workspace only counts: what it hands out must not be touched.
    bool is_measuring() const { return measuring_; }
    index_t capacity() const { return capacity_; }
    index_t high_water() const { return high_water_; }

    // The adapter of each row that is multiplied, by number, or no_adapter; empty: none uses any. See row_adapters.
    view<const index_t, 1> adapters() const { return adapters_; }
    void use_adapters(view<const index_t, 1> of_rows) { adapters_ = of_rows; }

    class frame {
    public:
        explicit frame(workspace& w) : workspace_(w), mark_(w.used_) {}
        frame(const frame&) = delete;
        frame& operator=(const frame&) = delete;
        ~frame() { workspace_.used_ = mark_; }

    private:
        workspace& workspace_;
        index_t mark_;
    };

private:
    tensor<std::byte, 1> memory_;
    index_t capacity_ = 0;
    index_t used_ = 0;
    index_t high_water_ = 0;
    bool measuring_ = false;
    view<const index_t, 1> adapters_{};
};

}
