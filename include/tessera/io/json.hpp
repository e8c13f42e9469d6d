// JSON: values, reading and writing; and a whole file read in one call.
#pragma once

#include "tessera/io/json_parser.hpp"
#include "tessera/io/json_value.hpp"
#include "tessera/io/json_writer.hpp"
#include "tessera/io/mapped_file.hpp"

namespace tessera::inline TESSERA_ABI::io {

inline json read_json(const std::string& path, const json_options& options = {}) {
    const mapped_file file(path);
    try {
        return parse_json(file.text(), options);
    } catch (const error& e) {
        throw e.in(path);
    }
}

}
