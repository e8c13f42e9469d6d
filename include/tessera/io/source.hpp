// Where weights come from: a concept of two operations, and its type-erased forms.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/quant/storage.hpp"

namespace tessera::inline TESSERA_ABI::io {

// find: nullptr when absent; error(errc::unsupported) for a tensor that is there but that no code here can read.
// The pointer and the bytes behind it live as long as the source.
template <class S>
concept weight_source = requires(const S& source, std::string_view name) {
    { source.find(name) } -> std::same_as<const quant::stored_tensor*>;
    { source.names() } -> std::convertible_to<std::span<const std::string>>;
};

// What a listing says of a tensor, readable or not.
struct tensor_info {
    std::string type;  // as the file calls it: "BF16", "Q4_K", "F8_E4M3"
    std::vector<index_t> extents;
    std::size_t bytes = 0;
    bool readable = true;
};

// "[576, 1536]", -1 shown as "any"
inline std::string shape_text(std::span<const index_t> extents) {
    std::string text = "[";
    for (const index_t e : extents) {
        if (text.size() > 1) text += ", ";
        text += e == -1 ? "any" : std::to_string(e);
    }
    return text + "]";
}

inline tensor_info describe(const quant::stored_tensor& t) {
    return {std::string(quant::name_of(t.format)), {t.extents, t.extents + t.rank}, t.bytes.size(), true};
}

// Refers to a source that outlives it. Optional operations of a source, used when it has them:
// `describe(name)` → tensor_info for tensors that find refuses, `file_of(name)` → the file to name in errors.
class source_ref {
public:
    template <weight_source S>
    requires(!std::derived_from<S, source_ref>) source_ref(const S& source) : object_(&source), calls_(&calls_of<S>) {}

    const quant::stored_tensor* find(std::string_view name) const { return calls_->find(object_, name); }
    std::span<const std::string> names() const { return calls_->names(object_); }
    tensor_info describe(std::string_view name) const { return calls_->describe(object_, name); }
    std::string file_of(std::string_view name) const { return calls_->file_of(object_, name); }

private:
    struct calls {
        const quant::stored_tensor* (*find)(const void*, std::string_view);
        std::span<const std::string> (*names)(const void*);
        tensor_info (*describe)(const void*, std::string_view);
        std::string (*file_of)(const void*, std::string_view);
    };

    template <class S>
    static const S& as(const void* object) {
        return *static_cast<const S*>(object);
    }
    template <class S>
    static tensor_info describe_in(const void* object, std::string_view name) {
        if constexpr (requires { tensor_info(as<S>(object).describe(name)); }) {
            return as<S>(object).describe(name);
        } else {
            const quant::stored_tensor* t = as<S>(object).find(name);
            if (t == nullptr) throw error(errc::missing, "no such tensor", {.subject = std::string(name)});
            return io::describe(*t);
        }
    }
    template <class S>
    static std::string file_of_in(const void* object, std::string_view name) {
        if constexpr (requires { std::string(as<S>(object).file_of(name)); }) {
            return std::string(as<S>(object).file_of(name));
        } else {
            return {};
        }
    }
    template <class S>
    static constexpr calls calls_of = {
        [](const void* o, std::string_view name) -> const quant::stored_tensor* { return as<S>(o).find(name); },
        [](const void* o) -> std::span<const std::string> { return as<S>(o).names(); },
        &describe_in<S>,
        &file_of_in<S>,
    };

    const void* object_;
    const calls* calls_;
};

// Owns its source; copies share it. A model keeps one, so that the bytes of its weights stay mapped.
class any_source : public source_ref {
public:
    template <weight_source S>
    requires(!std::derived_from<S, source_ref>) any_source(S source)
        : any_source(std::make_shared<const S>(std::move(source))) {}

private:
    template <class S>
    explicit any_source(std::shared_ptr<const S> owner) : source_ref(*owner), owner_(std::move(owner)) {}

    std::shared_ptr<const void> owner_;
};

inline const quant::stored_tensor& require_shape(source_ref source, std::string_view name,
                                                 std::span<const index_t> extents) {
    const quant::stored_tensor* t = source.find(name);
    if (t == nullptr)
        throw error(errc::missing, "no such tensor", {.file = source.file_of(name), .subject = std::string(name)});
    bool fits = std::size_t(t->rank) == extents.size();
    for (std::size_t i = 0; fits && i < extents.size(); ++i) fits = extents[i] == -1 || extents[i] == t->extents[i];
    if (!fits)
        throw error(errc::shape, "wrong shape",
                    {.file = source.file_of(name),
                     .subject = std::string(name),
                     .expected = shape_text(extents),
                     .found = shape_text({t->extents, std::size_t(t->rank)})});
    return *t;
}

// The tensor `name`, or an error that names file, tensor, expected and found: require(source, "lm_head.weight", 49152,
// -1). An extent of -1 fits any; without extents every shape does.
template <std::convertible_to<index_t>... Extents>
const quant::stored_tensor& require(source_ref source, std::string_view name, Extents... extents) {
    if constexpr (sizeof...(extents) == 0) {
        const quant::stored_tensor* t = source.find(name);
        if (t != nullptr) return *t;
        throw error(errc::missing, "no such tensor", {.file = source.file_of(name), .subject = std::string(name)});
    } else {
        return require_shape(source, name, std::initializer_list<index_t>{static_cast<index_t>(extents)...});
    }
}

}
