// libFuzzer: any bytes are a safetensors file whose tensors can all be read, or a tessera::error.
#include <cstdint>
#include <cstdlib>

#include "tessera/io/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tessera;
    const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
    unsigned sum = 0;
    try {
        const auto file = io::safetensors::from_memory(bytes);
        for (const std::string& name : file.names()) {
            if (!file.describe(name).readable) continue;
            const quant::stored_tensor& t = io::require(file, name);
            if (t.row_bytes() * t.rows() != std::ssize(t.bytes)) std::abort();
            for (const std::byte b : t.bytes) sum += unsigned(b);
        }
    } catch (const error&) {
    }
    [[maybe_unused]] volatile unsigned sink = sum;  // so that the bytes are read
    return 0;
}
