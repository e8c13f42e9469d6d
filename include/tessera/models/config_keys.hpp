// Reads numbers from a config.json with their limits, and its several spellings of rotary positions.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/core/error.hpp"
#include "tessera/io/json.hpp"
#include "tessera/io/json_writer.hpp"
#include "tessera/position/rope_scaling.hpp"

namespace tessera::inline TESSERA_ABI::models {

// No size in a configuration is larger; products of two still fit in index_t.
inline constexpr index_t largest_size = index_t(1) << 26;

inline index_t checked_size(index_t value, std::string_view key, index_t least = 1, index_t most = largest_size) {
    if (value < least || value > most)
        throw error(errc::format, "the value is out of range",
                    {.subject = std::string(key),
                     .expected = std::to_string(least) + " to " + std::to_string(most),
                     .found = std::to_string(value)});
    return value;
}

inline index_t size_key(const io::json& config, std::string_view key) {
    return checked_size(config.get<std::int64_t>(key), key);
}
inline index_t size_key(const io::json& config, std::string_view key, index_t otherwise) {
    return checked_size(config.get_or(key, std::int64_t(otherwise)), key);
}

// A finite number.
inline float float_key(const io::json& config, std::string_view key, double otherwise) {
    const double x = config.get_or(key, otherwise);
    if (!std::isfinite(x) || std::fabs(x) > 1e30)
        throw error(errc::format, "the value is out of range",
                    {.subject = std::string(key), .found = std::to_string(x)});
    return static_cast<float>(x);
}

// Throws errc::unsupported unless an option is absent, null, or what is known here.
template <class T>
void require_option(const io::json& config, std::string_view key, const T& known) {
    const auto found = config.get_or(key, known);
    if (found != known)
        throw error(errc::unsupported, "the option is not known here",
                    {.subject = std::string(key),
                     .expected = io::to_text(io::json(known)),
                     .found = io::to_text(io::json(found))});
}

// Throws errc::format unless a list is as long as there are layers.
inline void check_length(std::size_t found, index_t layers, std::string_view key) {
    if (index_t(found) != layers)
        throw error(errc::format, "wrong length",
                    {.subject = std::string(key), .expected = std::to_string(layers), .found = std::to_string(found)});
}

// A member that is there and not null.
inline const io::json* present(const io::json& config, std::string_view key) {
    const io::json* found = config.find(key);
    return found == nullptr || found->is_null() ? nullptr : found;
}

// A list of token ids, one, or none where the key is absent or null.
inline std::vector<token_t> ids_key(const io::json& config, std::string_view key) {
    const io::json* ids = present(config, key);
    if (ids == nullptr) return {};
    if (ids->is_array()) return ids->as<std::vector<token_t>>(key);
    return {ids->as<token_t>(key)};
}

// 0, which caps nothing, when the key is null.
inline float softcap_key(const io::json& config, std::string_view key, double when_absent) {
    return config.has(key) && present(config, key) == nullptr ? 0.0f : float_key(config, key, when_absent);
}

}
