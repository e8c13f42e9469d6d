// Reads safetensors: one file, a directory (also in shards), or a span of memory.
// https://huggingface.co/docs/safetensors: u64 header size · JSON {name: {dtype, shape, data_offsets}} · data
#pragma once

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/checked.hpp"
#include "tessera/io/json.hpp"
#include "tessera/io/tensor_table.hpp"

namespace tessera::inline TESSERA_ABI::io {

// Bits of one element, and how the library stores such elements, if it does.
struct safetensors_type {
    std::string_view name;
    index_t bits;
    std::optional<quant::storage> format;
};

inline constexpr safetensors_type safetensors_types[] = {
    {"F64", 64, quant::storage::f64},
    {"F32", 32, quant::storage::f32},
    {"F16", 16, quant::storage::f16},
    {"BF16", 16, quant::storage::bf16},
    {"I64", 64, quant::storage::i64},
    {"I32", 32, quant::storage::i32},
    {"I16", 16, quant::storage::i16},
    {"I8", 8, quant::storage::i8},
    {"U8", 8, quant::storage::u8},
    {"BOOL", 8, quant::storage::boolean},
    {"U64", 64, {}},
    {"U32", 32, {}},
    {"U16", 16, {}},
    {"C64", 64, {}},
    {"F8_E5M2", 8, {}},
    {"F8_E4M3", 8, {}},
    {"F8_E8M0", 8, {}},
};

// The bytes of a tensor need not be aligned for its type (files written by the usual writers are): read through memcpy.
class safetensors {
public:
    // A file, or a directory that holds model.safetensors or the shards that model.safetensors.index.json lists.
    static safetensors open(const std::string& path) {
        namespace fs = std::filesystem;
        std::error_code ignored;
        safetensors all;
        if (!fs::is_directory(path, ignored)) {
            all.read_file(path);
        } else if (const fs::path single = fs::path(path) / "model.safetensors"; fs::exists(single, ignored)) {
            all.read_file(single.string());
        } else if (const fs::path index = fs::path(path) / "model.safetensors.index.json"; fs::exists(index, ignored)) {
            all.read_shards(path, index.string());
        } else {
            throw error(errc::missing, "no weights",
                        {.file = path, .expected = "model.safetensors or model.safetensors.index.json"});
        }
        all.table_.finish();
        return all;
    }
    // The bytes must outlive the result. `name` stands for the file in errors.
    static safetensors from_memory(std::span<const std::byte> bytes, const std::string& name = "memory") {
        safetensors all;
        for (auto& [tensor, entry] : all.read(bytes, name)) all.table_.add(std::move(tensor), std::move(entry));
        all.table_.finish();
        return all;
    }

    // All in the order of the data. find refuses types that the library does not compute with, and more than 4 axes.
    const quant::stored_tensor* find(std::string_view name) const { return table_.find(name); }
    std::span<const std::string> names() const { return table_.names(); }
    const tensor_info& describe(std::string_view name) const { return table_.describe(name); }
    std::string file_of(std::string_view name) const {
        const tensor_table::entry* e = table_.look_up(name);
        return e != nullptr ? e->file : path_;
    }
    // The strings under __metadata__ of the (last) file.
    const json::object& metadata() const& { return metadata_; }
    json::object metadata() && { return metadata_; }

private:
    using named_entries = std::vector<std::pair<std::string, tensor_table::entry>>;

    static constexpr std::uint64_t max_header_bytes = 100'000'000;  // as the format's own library has it

    void read_file(const std::string& path) {
        for (auto& [name, entry] : map_and_read(path)) table_.add(std::move(name), std::move(entry));
        path_ = path;
    }

    // The index decides which tensors there are, and where.
    void read_shards(const std::string& directory, const std::string& index_path) {
        path_ = index_path;
        const json index = read_json(index_path, {.repeated_keys = false});
        std::map<std::string, std::vector<std::string>> names_of;  // shard → its tensors
        try {
            for (const auto& [name, file] : index.get<json>("weight_map").as_object("weight_map"))
                names_of[file.as_string(name)].push_back(name);
        } catch (const error& e) {
            throw e.in(index_path);
        }
        for (auto& [file, names] : names_of) {
            if (!is_plain_file_name(file))
                throw error(errc::format, "a shard outside the directory", {.file = index_path, .found = file});
            add_shard((std::filesystem::path(directory) / file).string(), std::move(names));
        }
    }

    static bool is_plain_file_name(const std::string& name) {
        constexpr std::string_view separators("/\\:\0", 4);
        return !name.empty() && name != "." && name != ".." && name.find_first_of(separators) == std::string::npos;
    }

    void add_shard(const std::string& path, std::vector<std::string> wanted) {
        std::sort(wanted.begin(), wanted.end());
        std::vector<std::string> found;
        for (auto& [name, entry] : map_and_read(path)) {
            if (!std::binary_search(wanted.begin(), wanted.end(), name)) continue;
            found.push_back(name);
            table_.add(std::move(name), std::move(entry));
        }
        std::sort(found.begin(), found.end());
        const auto absent = std::mismatch(wanted.begin(), wanted.end(), found.begin(), found.end()).first;
        if (absent != wanted.end())
            throw error(errc::missing, "a tensor that the index places here is not there",
                        {.file = path, .subject = *absent});
    }

    named_entries map_and_read(const std::string& path) {
        files_.emplace_back(path);
        return read(files_.back().bytes(), path);
    }

    named_entries read(std::span<const std::byte> bytes, const std::string& path) try {
        byte_reader reader(bytes);
        const auto header_bytes = reader.read<std::uint64_t>();
        if (header_bytes > max_header_bytes)
            throw error(errc::format, "a header too long",
                        {.expected = "at most " + std::to_string(max_header_bytes) + " bytes",
                         .found = std::to_string(header_bytes)});
        const json header = parse_json(reader.take_text(header_bytes), {.max_depth = 8, .repeated_keys = false});
        const auto data = reader.take(reader.remaining());
        named_entries entries;
        for (const auto& [name, value] : header.as_object("header")) {
            if (name == "__metadata__") {
                metadata_ = value.as_object(name);
            } else {
                entries.emplace_back(name, read_entry(name, value, data, path));
            }
        }
        require_dense(entries, data);
        return entries;
    } catch (const error& e) {
        throw e.in(path);
    }

    static tensor_table::entry read_entry(const std::string& name, const json& value, std::span<const std::byte> data,
                                          const std::string& path) try {
        const auto type = value.get<std::string>("dtype");
        auto extents = value.get<std::vector<index_t>>("shape");
        const auto offsets = value.get<std::vector<index_t>>("data_offsets");
        if (offsets.size() != 2 || offsets[0] < 0 || offsets[0] > offsets[1] || offsets[1] > std::ssize(data))
            throw error(errc::format, "data outside the file",
                        {.expected = "two offsets up to " + std::to_string(data.size()), .found = shape_text(offsets)});
        const index_t bytes = offsets[1] - offsets[0];
        const auto known = std::find_if(std::begin(safetensors_types), std::end(safetensors_types),
                                        [&](const safetensors_type& t) { return t.name == type; });
        std::optional<quant::storage> format;
        if (known != std::end(safetensors_types)) {
            if (checked_bytes(extents, 1, known->bits / 8) != bytes)
                throw error(errc::format, "data of another size than the shape",
                            {.expected = type + " " + shape_text(extents), .found = std::to_string(bytes) + " bytes"});
            format = known->format;
        } else if (!checked_bytes(extents, 1, 1)) {
            throw error(errc::format, "a shape too large", {.found = shape_text(extents)});
        }
        return tensor_table::make_entry(type, format, std::move(extents),
                                        data.subspan(std::size_t(offsets[0]), std::size_t(bytes)), path);
    } catch (const error& e) {
        const error_context& c = e.context();
        const std::string subject = c.subject.empty() ? name : name + ": " + c.subject;
        throw error(errc::format, e.problem(), {.subject = subject, .expected = c.expected, .found = c.found});
    }

    // Sorts by place. Neither gaps nor overlaps: what two readers could understand differently is refused.
    static void require_dense(named_entries& entries, std::span<const std::byte> data) {
        std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
            const auto x = a.second.bytes, y = b.second.bytes;
            return x.data() != y.data() ? x.data() < y.data() : x.size() < y.size();
        });
        const std::byte* end = data.data();
        for (const auto& [name, entry] : entries) {
            if (entry.bytes.data() != end)
                throw error(errc::format, "a gap or an overlap before it", {.subject = name});
            end += entry.bytes.size();
        }
        if (end != data.data() + data.size()) throw error(errc::format, "data that belongs to no tensor");
    }

    std::string path_;
    std::vector<mapped_file> files_;
    json::object metadata_;
    tensor_table table_;
};

static_assert(weight_source<safetensors>);

}
