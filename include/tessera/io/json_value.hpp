// A JSON value: immutable once made, read through accessors that say which key was wrong.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/io/name_index.hpp"

namespace tessera::inline TESSERA_ABI::io {

class json {
public:
    enum class kind : std::uint8_t { null, boolean, integer, real, string, array, object };
    struct member;
    using array = std::vector<json>;

    // Members in the order of the text. Copies share their contents.
    class object {
    public:
        object();
        object(std::initializer_list<member> members);
        // A key that occurs again: the last value wins.
        explicit object(std::vector<member> members);

        std::size_t size() const;
        bool empty() const { return size() == 0; }
        const member* begin() const;
        const member* end() const;
        const json* find(std::string_view key) const;
        bool dropped_repeated_keys() const;

    private:
        struct contents;
        std::shared_ptr<const contents> contents_;
    };

    json() = default;
    json(std::nullptr_t) {}
    json(std::same_as<bool> auto x) : value_(x) {}
    // Integers beyond std::int64_t become doubles.
    template <std::integral T>
    requires(!std::same_as<T, bool>) json(T x) {
        if (std::in_range<std::int64_t>(x)) {
            value_ = static_cast<std::int64_t>(x);
        } else {
            value_ = static_cast<double>(x);
        }
    }
    json(std::floating_point auto x) : value_(static_cast<double>(x)) {}
    json(const char* s) : value_(std::string(s)) {}
    json(std::string_view s) : value_(std::string(s)) {}
    json(std::string s) : value_(std::move(s)) {}
    json(array a) : value_(std::move(a)) {}
    json(object o) : value_(std::move(o)) {}

    kind type() const { return static_cast<kind>(value_.index()); }
    bool is_null() const { return type() == kind::null; }
    bool is_bool() const { return type() == kind::boolean; }
    bool is_int() const { return type() == kind::integer; }
    bool is_number() const { return is_int() || type() == kind::real; }
    bool is_string() const { return type() == kind::string; }
    bool is_array() const { return type() == kind::array; }
    bool is_object() const { return type() == kind::object; }

    // The contents, or error(errc::type); `key` only goes into its message.
    bool as_bool(std::string_view key = {}) const { return expect<bool>("a boolean", key); }
    std::int64_t as_int(std::string_view key = {}) const;  // 3 and also 3.0 and 3e2
    double as_float(std::string_view key = {}) const;      // any number
    const std::string& as_string(std::string_view key = {}) const& { return expect<std::string>("a string", key); }
    const array& as_array(std::string_view key = {}) const& { return expect<array>("an array", key); }
    const object& as_object(std::string_view key = {}) const& { return expect<object>("an object", key); }
    // Temporaries give values: for (const auto& [key, value] : parse_json(text).at("map").as_object()) is safe.
    std::string as_string(std::string_view key = {}) && { return take<std::string>("a string", key); }
    array as_array(std::string_view key = {}) && { return take<array>("an array", key); }
    object as_object(std::string_view key = {}) && { return take<object>("an object", key); }
    // T: bool, an integer (range-checked), a floating-point type, std::string, std::vector of these, json.
    template <class T>
    T as(std::string_view key = {}) const;

    // Members of an object. find: nullptr when absent (a null member is found). at: error(errc::missing) when absent.
    const json* find(std::string_view key) const& { return as_object(key).find(key); }
    const json* find(std::string_view key) && = delete;
    const json& at(std::string_view key) const&;
    json at(std::string_view key) && { return std::as_const(*this).at(key); }
    bool has(std::string_view key) const { return find(key) != nullptr; }  // null counts as being there
    template <class T>
    T get(std::string_view key) const {
        return at(key).as<T>(key);
    }
    // The default when absent or null; get_or("theta", 1e4), get_or("name", "none").
    template <class T>
    auto get_or(std::string_view key, const T& otherwise) const {
        using value = std::conditional_t<std::is_convertible_v<T, std::string_view>, std::string, T>;
        const json* found = find(key);
        return found == nullptr || found->is_null() ? value(otherwise) : found->as<value>(key);
    }

    // Elements of an array: error(errc::missing) when out of range.
    const json& at(std::integral auto i) const& {
        const array& a = as_array();
        if (!std::in_range<std::size_t>(i) || std::size_t(i) >= a.size())
            throw error(errc::missing, "no such element", {.subject = std::to_string(i)});
        return a[std::size_t(i)];
    }
    json at(std::integral auto i) && { return std::as_const(*this).at(i); }
    // Elements or members; 0 for anything else.
    std::size_t size() const {
        if (const auto* a = std::get_if<array>(&value_)) return a->size();
        const auto* o = std::get_if<object>(&value_);
        return o != nullptr ? o->size() : 0;
    }

    // Same kinds, same contents; the order of members does not matter.
    friend bool operator==(const json& a, const json& b) { return a.value_ == b.value_; }
    friend bool operator==(const object& a, const object& b);

private:
    template <class T>
    const T& expect(std::string_view what, std::string_view key) const {
        const T* p = std::get_if<T>(&value_);
        if (p == nullptr) refuse(what, key);
        return *p;
    }
    template <class T>
    T take(std::string_view what, std::string_view key) {
        return expect<T>(what, key), std::get<T>(std::move(value_));
    }
    [[noreturn]] void refuse(std::string_view expected, std::string_view key) const;

    std::variant<std::monostate, bool, std::int64_t, double, std::string, array, object> value_;
};

struct json::member {
    std::string key;
    json value;
};

constexpr std::string_view name_of(json::kind k) {
    constexpr std::string_view names[] = {"null",     "a boolean", "an integer", "a number",
                                          "a string", "an array",  "an object"};
    return names[std::size_t(k)];
}

struct json::object::contents {
    std::vector<member> members;
    name_index index;
    bool dropped = false;

    auto keys() const {
        return [this](std::size_t i) { return std::string_view(members[i].key); };
    }

    explicit contents(std::vector<member> all) : members(std::move(all)) {
        build();
        if (index.first_repeated(members.size(), keys()) == name_index::absent) return;
        drop_repeated();
        build();
    }

private:
    void build() { index.build(members.size(), keys()); }
    void drop_repeated() {
        std::vector<member> kept;
        std::vector<bool> last(members.size());
        for (std::size_t i = 0; i < members.size(); ++i)
            last[i] = index.find(members[i].key, members.size(), keys()) == index_t(i);
        for (std::size_t i = 0; i < members.size(); ++i)
            if (last[i]) kept.push_back(std::move(members[i]));
        members = std::move(kept);
        dropped = true;
    }
};

inline json::object::object() : object(std::vector<member>{}) {}
inline json::object::object(std::initializer_list<member> members) : object(std::vector<member>(members)) {}
inline json::object::object(std::vector<member> members)
    : contents_(std::make_shared<const contents>(std::move(members))) {}
inline std::size_t json::object::size() const { return contents_->members.size(); }
inline const json::member* json::object::begin() const { return contents_->members.data(); }
inline const json::member* json::object::end() const { return begin() + size(); }
inline bool json::object::dropped_repeated_keys() const { return contents_->dropped; }
inline const json* json::object::find(std::string_view key) const {
    const index_t i = contents_->index.find(key, size(), contents_->keys());
    return i == name_index::absent ? nullptr : &contents_->members[std::size_t(i)].value;
}

inline bool operator==(const json::object& a, const json::object& b) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a) {
        const json* other = b.find(key);
        if (other == nullptr || !(value == *other)) return false;
    }
    return true;
}

inline void json::refuse(std::string_view expected, std::string_view key) const {
    std::string found(name_of(type()));
    if (is_int()) found += " " + std::to_string(as_int());
    if (is_string()) found += " \"" + as_string().substr(0, 40) + "\"";
    throw error(errc::type, "wrong kind of value",
                {.subject = std::string(key), .expected = std::string(expected), .found = std::move(found)});
}

inline std::int64_t json::as_int(std::string_view key) const {
    if (const double* x = std::get_if<double>(&value_)) {
        if (std::trunc(*x) == *x && *x >= -0x1p63 && *x < 0x1p63) return static_cast<std::int64_t>(*x);
        refuse("an integer", key);
    }
    return expect<std::int64_t>("an integer", key);
}

inline double json::as_float(std::string_view key) const {
    if (is_int()) return static_cast<double>(as_int());
    return expect<double>("a number", key);
}

inline const json& json::at(std::string_view key) const& {
    const json* found = find(key);
    if (found == nullptr) throw error(errc::missing, "no such key", {.subject = std::string(key)});
    return *found;
}

template <class T>
T json::as(std::string_view key) const {
    if constexpr (std::same_as<T, json>) {
        return *this;
    } else if constexpr (std::same_as<T, bool>) {
        return as_bool(key);
    } else if constexpr (std::integral<T>) {
        const std::int64_t x = as_int(key);
        if (!std::in_range<T>(x)) refuse("an integer of " + std::to_string(8 * sizeof(T)) + " bits", key);
        return static_cast<T>(x);
    } else if constexpr (std::floating_point<T>) {
        return static_cast<T>(as_float(key));
    } else if constexpr (std::same_as<T, std::string>) {
        return as_string(key);
    } else {  // std::vector
        T all;
        all.reserve(as_array(key).size());
        for (const json& element : as_array(key)) all.push_back(element.as<typename T::value_type>(key));
        return all;
    }
}

}
