// Reads GGUF (versions 2 and 3): metadata as one JSON object, and tensors, from a file, its shards, or a span of
// memory. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/checked.hpp"
#include "tessera/io/gguf_types.hpp"
#include "tessera/io/json_value.hpp"
#include "tessera/io/mapped_file.hpp"
#include "tessera/io/tensor_table.hpp"

namespace tessera::inline TESSERA_ABI::io {

// Metadata values by their type number in the file.
class gguf_metadata_reader {
public:
    explicit gguf_metadata_reader(byte_reader& in) : in_(in) {}

    json read_value(std::uint32_t type) {
        switch (type) {
            case 0: return in_.read<std::uint8_t>();
            case 1: return in_.read<std::int8_t>();
            case 2: return in_.read<std::uint16_t>();
            case 3: return in_.read<std::int16_t>();
            case 4: return in_.read<std::uint32_t>();
            case 5: return in_.read<std::int32_t>();
            case 6: return in_.read<float>();
            case 7: return in_.read<std::uint8_t>() != 0;
            case 8: return std::string(read_string());
            case 9: return read_array();
            case 10: return in_.read<std::uint64_t>();
            case 11: return in_.read<std::int64_t>();
            case 12: return in_.read<double>();
            default: refuse(type);
        }
    }
    std::string_view read_string() { return in_.take_text(in_.read<std::uint64_t>()); }

private:
    static constexpr int max_depth = 8;
    // Of all arrays together: numbers grow when they become values, so the file's size alone is no bound to trust.
    // The largest vocabularies, with scores, types and merges, need about two million.
    static constexpr std::size_t max_elements = std::size_t(1) << 23;

    json read_array() {
        const auto type = in_.read<std::uint32_t>();
        const std::size_t n = in_.read_count(smallest(type));
        if (n > max_elements - elements_ || depth_ == max_depth)
            throw error(
                errc::capacity, "arrays too large or too deep",
                {.expected = std::to_string(max_elements) + " elements, " + std::to_string(max_depth) + " levels"});
        elements_ += n;
        ++depth_;
        json::array all;
        all.reserve(n);
        for (std::size_t i = 0; i < n; ++i) all.push_back(read_value(type));
        --depth_;
        return all;
    }

    // Bytes that a value takes at least.
    static std::size_t smallest(std::uint32_t type) {
        constexpr std::size_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};
        if (type >= std::size(sizes)) refuse(type);
        return sizes[type];
    }
    [[noreturn]] static void refuse(std::uint32_t type) {
        throw error(errc::format, "unknown type of metadata", {.expected = "0 to 12", .found = std::to_string(type)});
    }

    byte_reader& in_;
    std::size_t elements_ = 0;
    int depth_ = 0;
};

class gguf {
public:
    // A file; of a model in several files (…-00001-of-00004.gguf) any one.
    static gguf open(const std::string& path) {
        gguf all;
        all.files_.emplace_back(path);
        all.metadata_ = all.read(all.files_.back().bytes(), path);
        if (const auto n = all.split_count(path); n > 1) all.read_shards(path, n);
        all.table_.finish();
        return all;
    }
    // The bytes must outlive the result. `name` stands for the file in errors.
    static gguf from_memory(std::span<const std::byte> bytes, const std::string& name = "memory") {
        gguf all;
        all.metadata_ = all.read(bytes, name);
        all.table_.finish();
        return all;
    }

    // An object: metadata().get<int>("llama.block_count"). Strings are as they lie in the file, UTF-8 or not.
    const json& metadata() const& { return metadata_; }
    json metadata() && { return metadata_; }
    // Extents outermost first (the file has them the other way round). find refuses types that nothing here computes
    // with.
    const quant::stored_tensor* find(std::string_view name) const { return table_.find(name); }
    std::span<const std::string> names() const { return table_.names(); }
    const tensor_info& describe(std::string_view name) const { return table_.describe(name); }
    std::string file_of(std::string_view name) const {
        const tensor_table::entry* e = table_.look_up(name);
        return e != nullptr ? e->file : path_;
    }

private:
    static constexpr std::uint32_t max_axes = 4;
    static constexpr std::size_t smallest_pair = 13;    // name size, type, one byte
    static constexpr std::size_t smallest_tensor = 24;  // name size, axes, type, offset

    struct listed {
        std::string name;
        std::vector<index_t> extents;
        std::uint32_t type = 0;
        std::uint64_t offset = 0;
    };

    json read(std::span<const std::byte> bytes, const std::string& path) try {
        path_ = path;
        byte_reader in(bytes);
        check_start(in);
        const std::size_t tensors = in.read_count(smallest_tensor);
        const std::size_t pairs = in.read_count(smallest_pair);
        json metadata = read_metadata(in, pairs);
        std::vector<listed> list;
        list.reserve(in.checked_count(tensors, smallest_tensor));
        for (std::size_t i = 0; i < tensors; ++i) list.push_back(read_listed(in));

        const auto alignment = metadata.get_or<std::uint32_t>("general.alignment", 32);
        if (!std::has_single_bit(alignment))
            throw error(
                errc::format, "wrong alignment",
                {.subject = "general.alignment", .expected = "a power of two", .found = std::to_string(alignment)});
        const std::size_t padding = (alignment - in.position() % alignment) % alignment;
        const auto data = bytes.subspan(std::min(in.position() + padding, bytes.size()));
        for (listed& t : list) add(std::move(t), data, alignment, path);
        return metadata;
    } catch (const error& e) {
        throw e.in(path);
    }

    static void check_start(byte_reader& in) {
        if (in.remaining() < 4 || in.take_text(4) != "GGUF") throw error(errc::format, "not a GGUF file");
        const auto version = in.read<std::uint32_t>();
        if (version == 2 || version == 3) return;
        const bool swapped = (version & 0xffffu) == 0;
        throw error(errc::unsupported, swapped ? "a big-endian GGUF file" : "a GGUF file of another version",
                    {.expected = "version 2 or 3", .found = swapped ? "" : std::to_string(version)});
    }

    static json read_metadata(byte_reader& in, std::size_t pairs) {
        gguf_metadata_reader reader(in);
        std::vector<json::member> members;
        members.reserve(in.checked_count(pairs, smallest_pair));
        for (std::size_t i = 0; i < pairs; ++i) {
            std::string key(reader.read_string());
            json value = reader.read_value(in.read<std::uint32_t>());
            members.push_back({std::move(key), std::move(value)});
        }
        json::object object(std::move(members));
        if (object.dropped_repeated_keys()) throw error(errc::format, "two values of one key in the metadata");
        return object;
    }

    static listed read_listed(byte_reader& in) {
        listed t;
        t.name = in.take_text(in.read<std::uint64_t>());
        const auto axes = in.read<std::uint32_t>();
        if (axes > max_axes)
            throw error(errc::format, "too many axes",
                        {.subject = t.name, .expected = "at most 4", .found = std::to_string(axes)});
        t.extents.resize(axes);
        for (std::size_t i = axes; i-- > 0;) {
            const auto extent = in.read<std::uint64_t>();
            if (!std::in_range<index_t>(extent))
                throw error(errc::format, "a shape too large", {.subject = t.name, .found = std::to_string(extent)});
            t.extents[i] = index_t(extent);
        }
        t.type = in.read<std::uint32_t>();
        t.offset = in.read<std::uint64_t>();
        return t;
    }

    void add(listed t, std::span<const std::byte> data, std::uint32_t alignment, const std::string& path) {
        const gguf_type* type = find_gguf_type(t.type);
        const auto size = type != nullptr ? checked_bytes(t.extents, type->block_elements, type->block_bytes) : 0;
        const std::string type_name = type != nullptr ? std::string(type->name) : "type " + std::to_string(t.type);
        if (!size)
            throw error(errc::format, "a shape that its type cannot have",
                        {.subject = t.name, .found = type_name + " " + shape_text(t.extents)});
        if (t.offset % alignment != 0 || t.offset > data.size() || std::size_t(*size) > data.size() - t.offset)
            throw error(errc::format, "data outside the file",
                        {.subject = t.name,
                         .expected = std::to_string(*size) + " bytes within " + std::to_string(data.size()),
                         .found = "offset " + std::to_string(t.offset)});
        table_.add(std::move(t.name),
                   tensor_table::make_entry(type_name, type != nullptr ? type->format : std::nullopt,
                                            std::move(t.extents), data.subspan(t.offset, std::size_t(*size)), path));
    }

    int split_count(const std::string& path) const try {
        return metadata_.get_or<std::uint16_t>("split.count", 0);
    } catch (const error& e) {
        throw e.in(path);
    }

    // The metadata of the model is that of the first shard.
    void read_shards(const std::string& path, int n) {
        constexpr std::size_t ending = std::string_view("-00001-of-00001.gguf").size();
        for (int i = 1; i <= n; ++i) {
            char name[40];
            std::snprintf(name, sizeof name, "-%05d-of-%05d.gguf", i, n);
            const std::string shard = path.substr(0, path.size() - std::min(ending, path.size())) + name;
            if (shard == path) continue;  // read already
            files_.emplace_back(shard);
            json metadata = read(files_.back().bytes(), shard);
            if (i == 1) metadata_ = std::move(metadata);
        }
        path_ = path;
    }

    std::string path_;
    std::vector<mapped_file> files_;
    json metadata_;
    tensor_table table_;
};

static_assert(weight_source<gguf>);

}
