// Writes a weight source as one safetensors file, or as bytes.
#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "tessera/core/function_ref.hpp"
#include "tessera/io/safetensors.hpp"

namespace tessera::inline TESSERA_ABI::io {

inline std::string_view safetensors_name_of(quant::storage format, std::string_view tensor) {
    for (const safetensors_type& t : safetensors_types)
        if (t.format == format) return t.name;
    throw error(errc::unsupported, "safetensors has no such type",
                {.subject = std::string(tensor), .found = std::string(quant::name_of(format))});
}

// Gives the file to `put`, piece by piece. Wider types come first, and the data start at a multiple of 64 bytes: in a
// mapped file every element is aligned.
inline void write_safetensors(source_ref source, const json::object& metadata,
                              function_ref<void(std::span<const std::byte>)> put) {
    struct item {
        const std::string* name;
        const quant::stored_tensor* tensor;
    };
    std::vector<item> items;
    for (const std::string& name : source.names()) items.push_back({&name, &require(source, name)});
    std::stable_sort(items.begin(), items.end(), [](const item& a, const item& b) {
        return quant::traits_of(a.tensor->format).block_bytes > quant::traits_of(b.tensor->format).block_bytes;
    });

    std::vector<json::member> header;
    if (!metadata.empty()) header.push_back({"__metadata__", metadata});
    std::size_t offset = 0;
    for (const auto& [name, tensor] : items) {
        const quant::storage_traits type = quant::traits_of(tensor->format);
        const std::span extents(tensor->extents, std::size_t(tensor->rank));
        if (checked_bytes(extents, type.block_elements, type.block_bytes) != std::ssize(tensor->bytes))
            throw error(
                errc::argument, "bytes that do not fit the shape",
                {.subject = *name, .expected = shape_text(extents), .found = std::to_string(tensor->bytes.size())});
        json::array shape(tensor->extents, tensor->extents + tensor->rank);
        const std::size_t end = offset + tensor->bytes.size();
        header.push_back({*name, json::object{{"dtype", safetensors_name_of(tensor->format, *name)},
                                              {"shape", std::move(shape)},
                                              {"data_offsets", json::array{offset, end}}}});
        offset = end;
    }
    std::string text = to_text(json::object(std::move(header)));
    text.resize((text.size() + 8 + 63) / 64 * 64 - 8, ' ');
    const std::uint64_t size = text.size();
    put(std::as_bytes(std::span(&size, 1)));
    put(std::as_bytes(std::span(text)));
    for (const item& i : items) put(i.tensor->bytes);
}

inline std::vector<std::byte> to_safetensors(source_ref source, const json::object& metadata = {}) {
    std::vector<std::byte> bytes;
    write_safetensors(source, metadata,
                      [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
    return bytes;
}

// The file appears under its name only when it is complete.
inline void write_safetensors(const std::string& path, source_ref source, const json::object& metadata = {}) {
    const std::string partial = path + ".partial";
    const auto discard = [&] {
        std::error_code ignored;
        std::filesystem::remove(partial, ignored);
    };
    try {
        std::ofstream out(partial, std::ios::binary);
        if (!out) throw error(errc::io, "cannot be created", {.file = partial});
        write_safetensors(source, metadata, [&](std::span<const std::byte> part) {
            out.write(reinterpret_cast<const char*>(part.data()), std::streamsize(part.size()));
        });
        out.close();
        if (!out) throw error(errc::io, "cannot be written", {.file = partial});
    } catch (...) {
        discard();
        throw;
    }
    std::error_code problem;
    std::filesystem::rename(partial, path, problem);
    if (!problem) return;
    discard();
    throw error(errc::io, "cannot be written: " + problem.message(), {.file = path});
}

}
