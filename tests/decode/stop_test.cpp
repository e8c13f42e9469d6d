// Text ends before a stop string, however it is cut into pieces.
#include "tessera/decode/stop.hpp"
#include "support/catch.hpp"

using tessera::decode::stop_strings;

namespace {

std::string shown(const std::string& text, std::size_t piece, std::vector<std::string> stops, bool& hit) {
    stop_strings stop(std::move(stops));
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += piece) out += stop.push(text.substr(i, piece));
    out += stop.finish();
    hit = stop.hit();
    return out;
}

}

TEST_CASE("The text before the first stop string is shown, in pieces of any size", "[decode][stop]") {
    for (std::size_t piece = 1; piece <= 20; ++piece) {
        bool hit = false;
        CHECK(shown("one two END three", piece, {"END", "two END!"}, hit) == "one two ");
        CHECK(hit);
        CHECK(shown("aaab", piece, {"aab"}, hit) == "a");
        CHECK(hit);
        CHECK(shown("almost EN", piece, {"END"}, hit) == "almost EN");
        CHECK_FALSE(hit);
        CHECK(shown("nothing", piece, {"", {}}, hit) == "nothing");
        CHECK_FALSE(hit);
    }
}

TEST_CASE("What cannot begin a stop string is shown at once", "[decode][stop]") {
    stop_strings stop({"END"});
    CHECK(stop.push("abc") == "abc");
    CHECK(stop.push("dE") == "d");
    CHECK(stop.push("x") == "Ex");
    CHECK(stop.push("END") == "");
    CHECK(stop.hit());
    CHECK(stop.push("more") == "");
}
