// libFuzzer: any bytes are a tokenizer.json that encodes and decodes any text, or a tessera::error. The first byte says
// what the rest is: a tokenizer.json, or a text for a tokenizer that is at hand.
#include <cstdint>
#include <cstdlib>

#include "tessera/text/load_tokenizer.hpp"

namespace {

using namespace tessera;

constexpr std::string_view small =
    R"({"added_tokens":[{"id":3,"content":"<s>","special":true,"normalized":false,"lstrip":true,"rstrip":true}],
"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"decoder":{"type":"ByteLevel"},
"model":{"type":"BPE","unk_token":"a","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}})";

void use(const text::tokenizer& words, std::string_view text) {
    const std::vector<token_t> ids = words.encode(text);
    std::string streamed;
    text::stream out = words.stream();
    for (const token_t id : ids) {
        const std::string& part = out.push(id);
        if (!text::is_well_formed(part)) std::abort();
        streamed += part;
    }
    if ((streamed += out.finish()) != words.decode(ids)) std::abort();
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    try {
        if (data[0] % 2 == 0) {
            use(text::parse_tokenizer(small), rest);
        } else {
            use(text::parse_tokenizer(rest), "Hello <s> 123 \xc3\xa9\n\n  x\xff");
        }
    } catch (const error&) {
    }
    return 0;
}
