#include "tessera/io/json_value.hpp"

#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;
using io::json;

namespace {

const json config = json::object{{"hidden_size", 576},
                                 {"rope_theta", 1e4},
                                 {"tie", true},
                                 {"name", "llama"},
                                 {"window", nullptr},
                                 {"eos", json::array{1, 2}},
                                 {"big", std::int64_t(1) << 40},
                                 {"whole", 3.0},
                                 {"more", json::object{{"a", 1}}}};

std::string message_of(auto&& f) {
    const auto e = test::error_of(f);
    return e ? e->what() : "";
}

}

TEST_CASE("members are read by key and type", "[io][json_value]") {
    CHECK(config.get<int>("hidden_size") == 576);
    CHECK(config.get<float>("hidden_size") == 576.0f);
    CHECK(config.get<float>("rope_theta") == 1e4f);
    CHECK(config.get<int>("whole") == 3);
    CHECK(config.get<bool>("tie"));
    CHECK(config.get<std::string>("name") == "llama");
    CHECK(config.get<std::vector<int>>("eos") == std::vector<int>{1, 2});
    CHECK(config.get<std::int64_t>("big") == std::int64_t(1) << 40);
    CHECK(config.get<json>("more").get<int>("a") == 1);
    CHECK(config.at("eos").at(1).as_int() == 2);
    CHECK(config.at("eos").size() == 2);
    CHECK(config.size() == 9);
    CHECK(config.at("name").size() == 0);
}

TEST_CASE("defaults stand in for absent and null members only", "[io][json_value]") {
    CHECK(config.find("absent") == nullptr);
    REQUIRE(config.find("window") != nullptr);
    CHECK(config.find("window")->is_null());
    CHECK(config.has("window"));
    CHECK(config.get_or("absent", 7) == 7);
    CHECK(config.get_or("window", index_t(4096)) == 4096);
    CHECK(config.get_or("hidden_size", 1) == 576);
    CHECK(config.get_or("name", "none") == "llama");
    CHECK(config.get_or("absent", "none") == "none");
    CHECK(config.get_or("eos", std::vector<token_t>{}) == std::vector<token_t>{1, 2});
    CHECK(message_of([] { config.get_or("name", 1); }) ==
          "name: wrong kind of value: expected an integer, found a string \"llama\"");
}

TEST_CASE("errors name the key, what was expected and what was found", "[io][json_value]") {
    CHECK(message_of([] { config.at("absent"); }) == "absent: no such key");
    CHECK(message_of([] { config.get<bool>("hidden_size"); }) ==
          "hidden_size: wrong kind of value: expected a boolean, found an integer 576");
    CHECK(message_of([] { config.get<int>("big"); }) ==
          "big: wrong kind of value: expected an integer of 32 bits, found an integer 1099511627776");
    CHECK(message_of([] { config.get<int>("window"); }) ==
          "window: wrong kind of value: expected an integer, found null");
    CHECK(message_of([] { config.get<std::vector<bool>>("eos"); }) ==
          "eos: wrong kind of value: expected a boolean, found an integer 1");
    CHECK(test::error_of([] { config.at("eos").at(2); })->code() == errc::missing);
    CHECK(test::error_of([] { config.at("eos").at(-1); })->code() == errc::missing);
    CHECK(test::error_of([] { config.at("name").find("x"); })->code() == errc::type);
    CHECK(test::error_of([] { json(1.5).as_int(); })->code() == errc::type);
    CHECK(test::error_of([] { json(1e300).as_int(); })->code() == errc::type);
    CHECK(test::error_of([] { json(-1).as<unsigned>(); })->code() == errc::type);
}

TEST_CASE("values are built from C++ values", "[io][json_value]") {
    CHECK(json().is_null());
    CHECK(json(std::uint64_t(1) << 63).type() == json::kind::real);
    CHECK(json(std::uint64_t(7)).as_int() == 7);
    CHECK(json(1.5f).as_float() == 1.5);
    CHECK(json(std::string_view("s")).as_string() == "s");
    CHECK(json(json::array{1, "x"}) == json(json::array{1, "x"}));
    CHECK_FALSE(json(1) == json(1.0));
    CHECK(json(json::object{{"a", 1}, {"b", 2}}) == json(json::object{{"b", 2}, {"a", 1}}));
    CHECK_FALSE(json(json::object{{"a", 1}}) == json(json::object{{"a", 2}}));
    CHECK_FALSE(json(json::object{{"a", 1}}) == json(json::object{{"b", 1}}));
}

TEST_CASE("large objects find every key, and the last of repeated ones", "[io][json_value]") {
    std::vector<json::member> members;
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 3000; ++i) members.push_back({"key" + std::to_string(i), round * 10000 + i});
    const json::object all(std::move(members));
    CHECK(all.dropped_repeated_keys());
    REQUIRE(all.size() == 3000);
    bool right = true;
    for (int i = 0; i < 3000; ++i) right = right && all.find("key" + std::to_string(i))->as_int() == 10000 + i;
    CHECK(right);
    CHECK(all.begin()->key == "key0");
    CHECK(all.find("key3000") == nullptr);
    CHECK(all.find("") == nullptr);
}

TEST_CASE("what a temporary holds outlives it", "[io][json_value]") {
    const auto make = [] {
        std::string text;
        for (int i = 0; i < 100; ++i) text += "long ";
        return json(json::object{{"outer", json::object{{"list", json::array{text, text}}}}});
    };
    std::size_t letters = 0;
    for (const auto& [key, value] : make().as_object()) letters += key.size();
    for (const auto& element : make().at("outer").at("list").as_array()) letters += element.as_string().size();
    const std::string& last = make().at("outer").at("list").at(1).as_string();
    CHECK(letters == 5 + 500 + 500);
    CHECK(last.size() == 500);
}
