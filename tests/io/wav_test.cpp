// RIFF/WAVE files of every kind that is read, and hostile ones.
#include "tessera/io/wav.hpp"

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/errors.hpp"

using namespace tessera;

namespace {

struct bytes {
    std::string all;

    template <class T>
    bytes& number(T x) {
        all.append(reinterpret_cast<const char*>(&x), sizeof x);
        return *this;
    }
    bytes& text(const std::string& s) {
        all += s;
        return *this;
    }
};

std::string part(const std::string& name, const std::string& body) {
    return bytes{}.text(name).number(std::uint32_t(body.size())).text(body).all + (body.size() % 2 == 1 ? "\1" : "");
}

std::string format(int kind, int channels, int bits, unsigned rate = 16000) {
    return bytes{}
        .number(std::uint16_t(kind))
        .number(std::uint16_t(channels))
        .number(std::uint32_t(rate))
        .number(std::uint32_t(0))
        .number(std::uint16_t(0))
        .number(std::uint16_t(bits))
        .all;
}

std::string wav(const std::string& parts) { return "RIFF" + std::string(4, '\0') + "WAVE" + parts; }

io::sound parse(const std::string& file) { return io::parse_wav(std::as_bytes(std::span(file))); }

errc refusal(const std::string& file) {
    return code_of([&] { parse(file); });
}

}

TEST_CASE("Samples of every width are read, and channels are mixed", "[io][wav]") {
    const std::string sixteen =
        bytes{}.number(std::int16_t(16384)).number(std::int16_t(-32768)).number(std::int16_t(0)).all;
    const auto mono = parse(wav(part("fmt ", format(1, 1, 16, 44100)) + part("LIST", "odd") + part("data", sixteen)));
    CHECK(mono.rate == 44100);
    CHECK(mono.samples == std::vector<float>{0.5f, -1.0f, 0.0f});
    CHECK(parse(wav(part("fmt ", format(1, 2, 16)) + part("data", sixteen))).samples == std::vector<float>{-0.25f});
    CHECK(parse(wav(part("fmt ", format(1, 1, 8)) + part("data", "\x80\xC0\x40"))).samples ==
          std::vector<float>{0.0f, 0.5f, -0.5f});
    const std::string twenty_four{'\0', '\0', '\x40', '\0', '\0', '\xC0'};
    CHECK(parse(wav(part("fmt ", format(1, 1, 24)) + part("data", twenty_four))).samples ==
          std::vector<float>{0.5f, -0.5f});
    const std::string thirty_two = bytes{}.number(std::int32_t(-1073741824)).all;
    CHECK(parse(wav(part("fmt ", format(1, 1, 32)) + part("data", thirty_two))).samples == std::vector<float>{-0.5f});
    const std::string floats = bytes{}.number(0.25f).number(7.0f).number(std::nanf("")).all;
    CHECK(parse(wav(part("fmt ", format(3, 1, 32)) + part("data", floats))).samples ==
          std::vector<float>{0.25f, 1.0f, 0.0f});
    const std::string doubles = bytes{}.number(-0.25).number(-7.0).number(INFINITY * 1.0).all;
    CHECK(parse(wav(part("fmt ", format(3, 1, 64)) + part("data", doubles))).samples ==
          std::vector<float>{-0.25f, -1.0f, 0.0f});
    const std::string extensible = format(0xFFFE, 1, 16) + std::string(8, '\0') + std::string("\1\0", 2);
    CHECK(parse(wav(part("fmt ", extensible) + part("data", sixteen))).samples.size() == 3);
}

TEST_CASE("A file that was written into a pipe ends where it ends", "[io][wav]") {
    for (const unsigned size : {0xFFFFFFFFu, 0x7FFFF000u}) {
        const std::string data = bytes{}.text("data").number(size).number(std::int16_t(16384)).text("x").all;
        CHECK(parse(wav(part("fmt ", format(1, 1, 16)) + data)).samples == std::vector<float>{0.5f});
    }
}

TEST_CASE("Hostile files are refused", "[io][wav][errors]") {
    const std::string good = wav(part("fmt ", format(1, 1, 16)) + part("data", "abcd"));
    for (std::size_t n = 0; n < good.size(); ++n) CHECK(refusal(good.substr(0, n)) == errc::format);
    CHECK(refusal(good) == errc{-1});
    CHECK(refusal("RIFX" + good.substr(4)) == errc::format);
    CHECK(refusal(wav(part("data", "abcd") + part("fmt ", format(1, 1, 16)))) == errc::format);
    CHECK(refusal(wav(part("fmt ", "short"))) == errc::format);
    CHECK(refusal(wav(part("fmt ", format(1, 0, 16)) + part("data", "abcd"))) == errc::format);
    CHECK(refusal(wav(part("fmt ", format(1, 1, 16, 0)) + part("data", "abcd"))) == errc::format);
    for (const int bits : {0, 4, 12, 40, 64})
        CHECK(refusal(wav(part("fmt ", format(1, 1, bits)))) == errc::unsupported);
    CHECK(refusal(wav(part("fmt ", format(3, 1, 16)))) == errc::unsupported);
    CHECK(refusal(wav(part("fmt ", format(85, 1, 16)))) == errc::unsupported);
    const std::string huge = bytes{}.text("data").number(0x7FFFEFFFu).text("abcd").all;
    CHECK(refusal(wav(part("fmt ", format(1, 65535, 32)) + huge)) == errc::format);
    CHECK(parse(wav(part("fmt ", format(1, 65535, 32)) + part("data", "abcd"))).samples.empty());
}

TEST_CASE("Errors name the file", "[io][wav][errors]") {
    const std::string path = (std::filesystem::temp_directory_path() / "tessera_not_a.wav").string();
    std::ofstream(path) << "nothing";
    CHECK_THROWS_WITH(io::read_wav(path), Catch::Contains("tessera_not_a.wav"));
    std::filesystem::remove(path);
}
