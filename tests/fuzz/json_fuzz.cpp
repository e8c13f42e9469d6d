// libFuzzer: any bytes are a JSON value, which is then written and read back the same, or a tessera::error.
#include <cstdint>
#include <cstdlib>

#include "tessera/io/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tessera;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const io::json value = io::parse_json(text);
        if (!(io::parse_json(io::to_text(value)) == value)) std::abort();
    } catch (const error&) {
    }
    return 0;
}
