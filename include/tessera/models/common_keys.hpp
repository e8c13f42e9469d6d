// The sizes of a configuration under the names that most families use, where a family has names of its own.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/models/checkpoint.hpp"
#include "tessera/models/config_keys.hpp"

namespace tessera::inline TESSERA_ABI::models {

struct size_name {
    std::string_view own, common;
    index_t otherwise;  // where the file has neither name
};

// The file's configuration with every common name given its size.
inline checkpoint with_common_keys(checkpoint files, std::initializer_list<size_name> names) {
    std::vector<io::json::member> members;
    for (const io::json::member& m : files.config.as_object())
        if (std::none_of(names.begin(), names.end(), [&](const size_name& n) { return n.common == m.key; }))
            members.push_back(m);
    for (const size_name& n : names) {
        const index_t size = size_key(files.config, n.own, size_key(files.config, n.common, n.otherwise));
        members.push_back({std::string(n.common), size});
    }
    files.config = io::json(io::json::object(std::move(members)));
    return files;
}

// The file's configuration with one key of this value, whatever it has there.
inline checkpoint with_key(checkpoint files, std::string_view key, io::json value) {
    std::vector<io::json::member> members;
    for (const io::json::member& m : files.config.as_object())
        if (m.key != key) members.push_back(m);
    members.push_back({std::string(key), std::move(value)});
    files.config = io::json(io::json::object(std::move(members)));
    return files;
}

}
