// Any cache behind one type: `ref` borrows it for a forward pass, `any` owns it.
#pragma once

#include <utility>

#include "tessera/cache/cache.hpp"
#include "tessera/core/error.hpp"
#include "tessera/quant/storage.hpp"

namespace tessera::inline TESSERA_ABI::cache {

// What a cache can do, its type forgotten.
struct operations {
    quant::storage stored;
    index_t (*layers)(const void*);
    range (*append)(void*, index_t layer, std::span<const std::int32_t> positions);
    void (*view)(void*, index_t layer, void* key_blocks_of_stored);
    index_t (*length)(const void*, index_t layer);
    void (*commit)(void*);
    void (*commit_path)(void*, std::span<const index_t> path);
    index_t (*truncate)(void*, index_t position);
    state_step (*state)(void*, index_t layer, index_t rows);
    index_t (*capacity_to_roll_back)(const void*);
    index_t (*bytes)(const void*);
    void* (*fork)(const void*);
    void (*destroy)(void*);
};

template <cache C>
inline constexpr operations operations_of = {
    .stored = std::same_as<typename C::stored, float> ? quant::storage::f32 : quant::storage::f16,
    .layers = [](const void* c) { return index_t(static_cast<const C*>(c)->layers()); },
    .append = [](void* c, index_t i, std::span<const std::int32_t> p) { return static_cast<C*>(c)->append(i, p); },
    .view = [](void* c, index_t i,
               void* to) { *static_cast<key_blocks<typename C::stored>*>(to) = static_cast<C*>(c)->view(i); },
    .length = [](const void* c, index_t i) { return index_t(static_cast<const C*>(c)->length(i)); },
    .commit = [](void* c) { static_cast<C*>(c)->commit(); },
    .commit_path = [](void* c, std::span<const index_t> path) { static_cast<C*>(c)->commit(path); },
    .truncate = [](void* c, index_t position) { return index_t(static_cast<C*>(c)->truncate(position)); },
    .state = [](void* c, index_t i, index_t rows) -> state_step {
        if constexpr (recurrent<C>) {
            return static_cast<C*>(c)->state(i, rows);
        } else {
            throw error(errc::unsupported, "this cache keeps no recurrent states");
        }
    },
    .capacity_to_roll_back = [](const void* c) { return index_t(static_cast<const C*>(c)->capacity_to_roll_back()); },
    .bytes = [](const void* c) { return index_t(static_cast<const C*>(c)->bytes()); },
    .fork = [](const void* c) -> void* { return new C(static_cast<const C*>(c)->fork()); },
    .destroy = [](void* c) { delete static_cast<C*>(c); },
};

// f(float{}) or f(f16{}): the one place where the stored type of a cache becomes a type.
template <class F>
decltype(auto) with_type(quant::storage type, F&& f) {
    if (type != quant::storage::f32 && type != quant::storage::f16)
        throw error(errc::unsupported, "a cache cannot store this type",
                    {.expected = "f16 or f32", .found = std::string(quant::name_of(type))});
    if (type == quant::storage::f32) return f(float{});
    return f(f16{});
}

// A borrowed cache: two words, a function pointer per call. The stored type is visited once per layer.
class ref {
public:
    template <class C>
    requires(!std::same_as<std::remove_const_t<C>, ref> && cache<C>) ref(C& c) : object_(&c), can_(&operations_of<C>) {}

    index_t layers() const { return can_->layers(object_); }
    quant::storage stored() const { return can_->stored; }
    range append(index_t layer, std::span<const std::int32_t> positions) const {
        return can_->append(object_, layer, positions);
    }
    index_t length(index_t layer) const { return can_->length(object_, layer); }
    void commit() const { can_->commit(object_); }
    void commit(std::span<const index_t> path) const { can_->commit_path(object_, path); }
    index_t truncate(index_t position) const { return can_->truncate(object_, position); }
    state_step state(index_t layer, index_t rows) const { return can_->state(object_, layer, rows); }
    index_t capacity_to_roll_back() const { return can_->capacity_to_roll_back(object_); }
    index_t bytes() const { return can_->bytes(object_); }

    // T is what stored() says.
    template <class T>
    key_blocks<T> view(index_t layer) const {
        key_blocks<T> keys;
        can_->view(object_, layer, &keys);
        return keys;
    }
    // f(key_blocks<float>) or f(key_blocks<f16>).
    template <class F>
    decltype(auto) visit(index_t layer, F&& f) const {
        return with_type(stored(), [&]<class T>(T) { return f(view<T>(layer)); });
    }

private:
    friend class any;
    ref(void* object, const operations* can) : object_(object), can_(can) {}

    void* object_;
    const operations* can_;
};

// An owned cache; a copy is a fork.
class any {
public:
    template <class C>
    requires(!std::same_as<C, any> && cache<C>) explicit any(C c)
        : object_(new C(std::move(c))), can_(&operations_of<C>) {}
    any(const any& other) : any(other.fork()) {}
    any(any&& other) noexcept : object_(std::exchange(other.object_, nullptr)), can_(other.can_) {}
    any& operator=(any other) noexcept {
        std::swap(object_, other.object_);
        std::swap(can_, other.can_);
        return *this;
    }
    ~any() {
        if (object_ != nullptr) can_->destroy(object_);
    }

    any fork() const { return {can_->fork(object_), can_}; }
    index_t bytes() const { return can_->bytes(object_); }
    index_t length(index_t layer) const { return can_->length(object_, layer); }
    index_t capacity_to_roll_back() const { return can_->capacity_to_roll_back(object_); }
    cache::ref ref() { return {object_, can_}; }

private:
    any(void* object, const operations* can) : object_(object), can_(can) {}

    void* object_;
    const operations* can_;
};

}
