// Sound in RIFF/WAVE files: integer samples of 8 to 32 bits or floats of 32 or 64, mixed to one channel.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/io/checked.hpp"
#include "tessera/io/mapped_file.hpp"

namespace tessera::inline TESSERA_ABI::io {

struct sound {
    index_t rate = 0;            // samples per second
    std::vector<float> samples;  // from -1 to 1: the mean of the channels
};

namespace detail {

struct wav_format {
    std::uint16_t kind = 0, channels = 0, bits = 0;
    std::uint32_t rate = 0;

    index_t frame_bytes() const { return index_t(channels) * (bits / 8); }
};

inline constexpr std::uint16_t wav_integers = 1, wav_floats = 3, wav_extensible = 0xFFFE;

inline wav_format read_wav_format(byte_reader in) {
    wav_format f;
    f.kind = in.read<std::uint16_t>();
    f.channels = in.read<std::uint16_t>();
    f.rate = in.read<std::uint32_t>();
    in.take(6);  // bytes per second and per frame, which follow from the others
    f.bits = in.read<std::uint16_t>();
    if (f.kind == wav_extensible) {
        in.take(8);  // size, bits that count, loudspeakers
        f.kind = in.read<std::uint16_t>();
    }
    const bool integers = f.kind == wav_integers && f.bits % 8 == 0 && f.bits >= 8 && f.bits <= 32;
    const bool floats = f.kind == wav_floats && (f.bits == 32 || f.bits == 64);
    if (!integers && !floats)
        throw error(errc::unsupported, "no such samples here",
                    {.subject = "fmt",
                     .expected = "integers of 8, 16, 24 or 32 bits, or floats of 32 or 64",
                     .found = "kind " + std::to_string(f.kind) + " of " + std::to_string(f.bits) + " bits"});
    if (f.channels == 0 || f.rate == 0)
        throw error(errc::format, "a sound without channels or rate", {.subject = "fmt"});
    return f;
}

// What is no finite number is silence.
template <class Float>
double wav_float(const std::byte* at) {
    Float x;
    std::memcpy(&x, at, sizeof x);
    return std::isfinite(x) ? std::clamp(double(x), -1.0, 1.0) : 0.0;
}

// Integers of 8 bits have 128 for zero.
inline double wav_sample(const wav_format& f, const std::byte* at) {
    if (f.kind == wav_floats) return f.bits == 32 ? wav_float<float>(at) : wav_float<double>(at);
    if (f.bits == 8) return (std::to_integer<int>(*at) - 128) / 128.0;
    std::uint32_t bits = 0;
    std::memcpy(reinterpret_cast<std::byte*>(&bits) + (4 - f.bits / 8), at, std::size_t(f.bits / 8));
    return double(static_cast<std::int32_t>(bits)) / 2147483648.0;
}

inline std::vector<float> mix_wav(const wav_format& f, std::span<const std::byte> data) {
    std::vector<float> mixed(data.size() / std::size_t(f.frame_bytes()));
    const std::byte* at = data.data();
    for (float& x : mixed) {
        double sum = 0.0;
        for (int c = 0; c < f.channels; ++c, at += f.bits / 8) sum += wav_sample(f, at);
        x = static_cast<float>(sum / f.channels);
    }
    return mixed;
}

}

// Throws errc::format for what is no such file or ends too early, errc::unsupported for samples of other kinds.
inline sound parse_wav(std::span<const std::byte> bytes) {
    constexpr std::uint32_t to_the_end = 0x7FFFF000;  // or more: the file was written into a pipe
    byte_reader in(bytes);
    const std::string_view riff = in.take_text(4);
    in.take(4);  // bytes that follow
    if (riff != "RIFF" || in.take_text(4) != "WAVE")
        throw error(errc::format, "not a sound", {.expected = "a RIFF/WAVE file"});
    detail::wav_format format;
    while (in.remaining() >= 8) {
        const std::string_view name = in.take_text(4);
        const auto size = in.read<std::uint32_t>();
        const auto part = in.take(name == "data" && size >= to_the_end ? in.remaining() : size);
        if (name == "fmt ") format = detail::read_wav_format(byte_reader(part));
        if (name == "data" && format.channels == 0) throw error(errc::format, "samples come before their format");
        if (name == "data") return {index_t(format.rate), detail::mix_wav(format, part)};
        if (size % 2 == 1 && in.remaining() > 0) in.take(1);
    }
    throw error(errc::format, "a sound without samples", {.expected = "a part called data"});
}

// The same of a file.
inline sound read_wav(const std::string& path) {
    const mapped_file file(path);
    try {
        return parse_wav(file.bytes());
    } catch (const error& e) {
        throw e.in(path);
    }
}

}
