#include "tessera/text/chat.hpp"

#include "support/catch.hpp"
#include "text/goldens.hpp"

using namespace tessera;

TEST_CASE("conversations read as the reference writes them", "[text][chat]") {
    const io::json goldens = io::read_json("tests/golden/text/chat.json");
    for (const io::json& row : goldens.at("rows").as_array()) {
        const std::string& name = row.at(0).as_string();
        const text::chat_template chat(goldens.at("templates").at(name).as_string(), "<s>", "</s>");
        if (!name.starts_with("chatml") && name != "qwen-2.5") CHECK(chat.name() == name);
        std::vector<text::message> conversation;
        for (const io::json& m : row.at(1).as_array())
            conversation.push_back({m.at(0).as_string(), m.at(1).as_string()});
        CAPTURE(name, io::to_text(row.at(1)));
        const text::chat_options options{.generation_prompt = row.at(2).as_bool()};
        if (row.at(3).is_null()) {
            CHECK_THROWS_AS(chat.apply(conversation, options), error);
        } else {
            CHECK(chat.apply(conversation, options) == row.at(3).as_string());
        }
    }
}

TEST_CASE("default system messages, dates, and what is not known", "[text][chat]") {
    const io::json templates = io::read_json("tests/golden/text/chat.json").at("templates");
    CHECK(text::chat_template(templates.at("chatml with a default").as_string(), "", "").default_system() ==
          "You are a helpful assistant.");
    CHECK(text::chat_template(templates.at("chatml").as_string(), "", "").default_system().empty());
    const text::message hello{"user", "Hello"};
    const text::chat_template dated(templates.at("llama-3.1").as_string(), "<s>", "</s>");
    CHECK(dated.apply({&hello, 1}, {.date = "01 Jan 2030"}).find("Today Date: 01 Jan 2030\n") != std::string::npos);
    const auto code = [](const std::string& jinja) {
        try {
            text::chat_template(jinja, "", "");
        } catch (const error& e) {
            return e.code();
        }
        return errc::io;
    };
    CHECK(code("") == errc::missing);
    CHECK(code("{{ messages }}") == errc::unsupported);
    CHECK(code("{{ '<|im_start|>' }}{{ '<|im_end|>' }}{{ strftime_now('%Y') }}") == errc::unsupported);
}
