// Memory for packed weights. Those of a model lie one behind the other in large pieces that the system is asked to map
// in large pages: reading them in a row then waits less for page tables.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "tessera/core/tensor.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace tessera::inline TESSERA_ABI::gemm {

// Uninitialised bytes, aligned to 64, that live as long as `owner` does.
struct weight_bytes {
    std::byte* data = nullptr;
    index_t size = 0;
    std::shared_ptr<void> owner{};
};

// Copies of a shared() one hand out from the same pieces, one thread at a time; others allocate for each weight alone.
class weight_memory {
public:
    static weight_memory shared() {
        weight_memory m;
        m.pieces_ = std::make_shared<pieces>();
        return m;
    }

    weight_bytes take(index_t size) {
        if (size == 0) return {};
        const index_t needed = round_up(size, index_t(alignment));
        if (pieces_ == nullptr) {
            std::shared_ptr<void> owner = allocate(needed, index_t(alignment));
            return {static_cast<std::byte*>(owner.get()), size, std::move(owner)};
        }
        if (needed > pieces_->left) add_piece(needed);
        pieces_->left -= needed;
        return {std::exchange(pieces_->next, pieces_->next + needed), size, pieces_->owner};
    }

private:
    static constexpr index_t large_page = index_t(1) << 21, largest_piece = index_t(1) << 26;

    struct pieces {
        std::shared_ptr<void> owner;
        std::byte* next = nullptr;
        index_t left = 0;
        index_t last = large_page / 2;
    };

    static std::shared_ptr<void> allocate(index_t size, index_t aligned) {
        const auto at = std::align_val_t(aligned);
        return {::operator new(std::size_t(size), at), [at](void* p) { ::operator delete(p, at); }};
    }

    // Each piece is twice the one before, so that small models do not ask for much.
    void add_piece(index_t least) {
        const index_t grown = std::min(2 * pieces_->last, largest_piece);
        const index_t size = round_up(std::max(least, grown), large_page);
        pieces_->owner = allocate(size, large_page);
        pieces_->next = static_cast<std::byte*>(pieces_->owner.get());
        pieces_->left = size;
        pieces_->last = grown;
#if defined(__linux__)
        ::madvise(pieces_->next, std::size_t(size), MADV_HUGEPAGE);  // advice: it may be refused
#endif
    }

    std::shared_ptr<pieces> pieces_{};
};

}
