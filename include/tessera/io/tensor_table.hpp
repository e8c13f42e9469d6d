// The tensors of one or several files, by name; those that no code here can read are listed, and refused when asked
// for.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/name_index.hpp"
#include "tessera/io/source.hpp"

namespace tessera::inline TESSERA_ABI::io {

class tensor_table {
    auto name_of() const {
        return [this](std::size_t i) { return std::string_view(names_[i]); };
    }

public:
    struct entry {
        tensor_info info;
        quant::stored_tensor tensor;  // empty unless info.readable
        std::span<const std::byte> bytes;
        std::string file;
    };

    // `format`: empty when no code here can read the type. Sizes have been checked.
    static entry make_entry(std::string type, std::optional<quant::storage> format, std::vector<index_t> extents,
                            std::span<const std::byte> bytes, std::string file) {
        const bool readable = format && extents.size() <= std::size_t(quant::stored_tensor::max_rank);
        quant::stored_tensor tensor;
        if (readable) {
            tensor.format = *format;
            tensor.rank = int(extents.size());
            std::copy(extents.begin(), extents.end(), tensor.extents);
            tensor.bytes = bytes;
        }
        return {{std::move(type), std::move(extents), bytes.size(), readable}, tensor, bytes, std::move(file)};
    }

    void add(std::string name, entry e) {
        names_.push_back(std::move(name));
        entries_.push_back(std::move(e));
    }
    // After the last add, before anything is asked.
    void finish() {
        index_.build(names_.size(), name_of());
        const index_t repeated = index_.first_repeated(names_.size(), name_of());
        if (repeated != name_index::absent)
            throw error(errc::format, "two tensors of one name",
                        {.file = entries_[std::size_t(repeated)].file, .subject = names_[std::size_t(repeated)]});
    }

    std::span<const std::string> names() const { return names_; }
    const entry* look_up(std::string_view name) const {
        const index_t i = index_.find(name, names_.size(), name_of());
        return i == name_index::absent ? nullptr : &entries_[std::size_t(i)];
    }
    const quant::stored_tensor* find(std::string_view name) const {
        const entry* e = look_up(name);
        if (e == nullptr) return nullptr;
        if (e->info.readable) return &e->tensor;
        throw error(errc::unsupported, "a tensor that cannot be read",
                    {.file = e->file,
                     .subject = std::string(name),
                     .expected = "a known type and at most " + std::to_string(quant::stored_tensor::max_rank) + " axes",
                     .found = e->info.type + " " + shape_text(e->info.extents)});
    }
    const tensor_info& describe(std::string_view name) const {
        const entry* e = look_up(name);
        if (e == nullptr) throw error(errc::missing, "no such tensor", {.subject = std::string(name)});
        return e->info;
    }

private:
    std::vector<std::string> names_;
    std::vector<entry> entries_;
    name_index index_;
};

}
