// The tokens by which a speech model is told the language, the task and whether to say times, from
// generation_config.json.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/models/config_keys.hpp"
#include "tessera/sample/timestamps.hpp"

namespace tessera::inline TESSERA_ABI::models {

// A model of one language has neither languages nor tasks.
struct speech_tokens {
    using names = std::vector<std::pair<std::string, token_t>>;

    token_t start = 0;          // what every transcript begins with
    token_t end = 0;            // words have smaller numbers
    token_t no_timestamps = 0;  // times have the numbers above it
    token_t latest_first = -1;  // the latest time that may come first; -1: any
    token_t previous = -1;      // what was said before follows it, ahead of `start`; -1: there is no such token
    names languages{};          // "en" …
    names tasks{};              // "transcribe", "translate"

    token_t first_time() const { return no_timestamps + 1; }
    // The token whose probability at the start tells that nobody speaks; it stands before no_timestamps.
    token_t no_speech() const { return no_timestamps - 1; }
};

namespace detail {

// Names may be spelled "<|en|>".
inline speech_tokens::names named_tokens(const io::json& c, std::string_view key) {
    speech_tokens::names all;
    const io::json* table = present(c, key);
    if (table == nullptr) return all;
    for (const io::json::member& m : table->as_object()) {
        const bool marked = m.key.size() > 4 && m.key.starts_with("<|") && m.key.ends_with("|>");
        const auto token = static_cast<token_t>(checked_size(m.value.as<std::int64_t>(key), key, 0));
        all.emplace_back(marked ? m.key.substr(2, m.key.size() - 4) : m.key, token);
    }
    return all;
}

// The token of a name; nothing for a model that has no such tokens, which knows `only` this name.
inline void append_named(std::vector<token_t>& prompt, const speech_tokens::names& all, const std::string& name,
                         const std::string& only, const char* what) {
    if (all.empty() && (name.empty() || name == only)) return;
    std::string known = all.empty() ? only : std::string();
    for (const auto& [key, token] : all) {
        if (key == name) return prompt.push_back(token);
        known += (known.empty() ? "" : ", ") + key;
    }
    throw error(errc::argument, "the model does not know it",
                {.subject = what, .expected = "one of " + known, .found = name});
}

}

// Throws errc::missing and errc::format, naming the key.
inline speech_tokens read_speech_tokens(const io::json& c) {
    const auto token = [&](const char* key, index_t least) {
        return static_cast<token_t>(checked_size(c.get<std::int64_t>(key), key, least));
    };
    speech_tokens t{.start = token("decoder_start_token_id", 0),
                    .end = token("eos_token_id", 0),
                    .no_timestamps = token("no_timestamps_token_id", 1),
                    .languages = detail::named_tokens(c, "lang_to_id"),
                    .tasks = detail::named_tokens(c, "task_to_id")};
    if (present(c, "max_initial_timestamp_index") != nullptr)
        t.latest_first = t.first_time() + token("max_initial_timestamp_index", 0);
    if (present(c, "prev_sot_token_id") != nullptr) t.previous = token("prev_sot_token_id", 0);
    return t;
}

struct speech_request {
    std::string language{};  // "en" …; may be empty for a model of one language
    std::string task = "transcribe";
    bool timestamps = true;
};

// The tokens before the transcript. Throws errc::argument for a language or task that the model does not know.
inline std::vector<token_t> speech_prompt(const speech_tokens& t, const speech_request& wanted) {
    std::vector<token_t> prompt{t.start};
    detail::append_named(prompt, t.languages, wanted.language, "en", "language");
    detail::append_named(prompt, t.tasks, wanted.task, "transcribe", "task");
    if (!wanted.timestamps) prompt.push_back(t.no_timestamps);
    return prompt;
}

// The rules of a transcript with times.
inline sample::timestamps timestamp_rules(const speech_tokens& t) {
    return {.first = t.first_time(), .end = t.end, .latest = t.latest_first, .without = t.no_timestamps};
}

}
