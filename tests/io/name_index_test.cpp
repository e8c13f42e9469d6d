#include "tessera/io/name_index.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace tessera;

namespace {

struct names {
    std::vector<std::string> all;
    io::name_index index;

    auto name_of() const {
        return [this](std::size_t i) { return std::string_view(all[i]); };
    }
    explicit names(std::vector<std::string> n) : all(std::move(n)) { index.build(all.size(), name_of()); }
    index_t find(std::string_view name) const { return index.find(name, all.size(), name_of()); }
    index_t repeated() const { return index.first_repeated(all.size(), name_of()); }
};

std::vector<std::string> numbered(int n) {
    std::vector<std::string> all;
    for (int i = 0; i < n; ++i) all.push_back("name." + std::to_string(i));
    return all;
}

}

TEST_CASE("every name is found at its place, and no other", "[io][name_index]") {
    for (const int n : {0, 1, 8, 9, 1000}) {
        const names some(numbered(n));
        CHECK(some.repeated() == io::name_index::absent);
        bool right = true;
        for (int i = 0; i < n; ++i) right = right && some.find("name." + std::to_string(i)) == i;
        CHECK(right);
        CHECK(some.find("name." + std::to_string(n)) == io::name_index::absent);
        CHECK(some.find("") == io::name_index::absent);
    }
}

TEST_CASE("of repeated names the last is found", "[io][name_index]") {
    for (const int n : {3, 500}) {
        std::vector<std::string> all = numbered(n);
        all.push_back("name.1");
        const names some(all);
        CHECK(some.find("name.1") == n);
        CHECK(some.repeated() == 1);
    }
}

TEST_CASE("names of one hash are told apart", "[io][name_index]") {
    // Two pairs that collide in all 32 bits that the index keeps (found by search), among others.
    std::vector<std::string> all = numbered(20);
    const std::vector<std::string> colliding = {"zynazh", "poxjva", "cvbsqf", "movchu"};
    all.insert(all.begin() + 5, colliding.begin(), colliding.end());
    const names some(all);
    CHECK(some.repeated() == io::name_index::absent);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(some.find(all[i]) == index_t(i));
}
