// Writes a conversation as a model was trained to read it.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tessera/core/error.hpp"
#include "tessera/text/chat_format.hpp"
#include "tessera/text/tokenizer.hpp"

namespace tessera::inline TESSERA_ABI::text {

struct message {
    std::string role;  // "system", "user" or "assistant"
    std::string content;
};

struct chat_options {
    bool generation_prompt = true;         // end where the assistant goes on
    std::string_view date{"26 Jul 2024"};  // for the templates that tell the model what day it is
};

class chat_template {
public:
    // From a Jinja template; error(errc::unsupported) when it is of no family known here, errc::missing when there is
    // none.
    chat_template(std::string_view jinja, std::string bos, std::string eos)
        : format_(&recognise(jinja)),
          bos_(occurs(jinja, "bos_token") ? std::move(bos) : ""),
          eos_(occurs(jinja, "eos_token") ? std::move(eos) : ""),
          default_system_(find_default(jinja)),
          always_prompts_(!occurs(jinja, "add_generation_prompt")),
          trims_(!format_->trim && !format_->trim_assistant && trims_messages(jinja)) {}

    explicit chat_template(const tokenizer& words)
        : chat_template(words.chat_template(), words.bos() ? std::string(words.piece(*words.bos())) : "",
                        words.eos() ? std::string(words.piece(*words.eos())) : "") {}

    std::string_view name() const { return format_->name; }
    // What the system says where the conversation does not begin with it; may be empty.
    const std::string& default_system() const { return default_system_; }

    // The text to encode with .special = false: begin and end tokens are in it.
    std::string apply(std::span<const message> conversation, const chat_options& options = {}) const {
        const bool has_system = !conversation.empty() && conversation[0].role == "system";
        const std::span<const message> turns = conversation.subspan(has_system ? 1 : 0);
        check(turns, has_system);
        std::string out = expand(format_->begin);
        const std::string system =
            has_system ? trimmed(conversation[0].content, format_->trim_system || trims_) : default_system_;
        std::string dated(format_->dated_system);
        if (const std::size_t at = dated.find("{date}"); at != dated.npos) dated.replace(at, 6, options.date);
        const bool own_turn = format_->place == system_place::own_turn;
        if (own_turn && (has_system || !system.empty() || !dated.empty()))
            out += expand(format_->system.before) + dated + system + expand(format_->system.after);
        const std::size_t host = own_turn || !has_system ? turns.size() : host_of_system(turns);
        for (std::size_t i = 0; i < turns.size(); ++i) write(turns, i, i == host ? &system : nullptr, out);
        return out += expand(options.generation_prompt || always_prompts_ ? format_->prompt : format_->no_prompt);
    }

private:
    static bool occurs(std::string_view text, std::string_view mark) { return text.find(mark) != text.npos; }

    // Whether a template of a family that does not trim messages does.
    static bool trims_messages(std::string_view jinja) {
        const std::string plain = replacement{" ", ""}(replacement{"\"", "'"}(jinja));
        for (const std::string_view said : {"message['content']", "message.content"})
            for (const std::string_view trim : {"|trim", ".strip()"})
                if (occurs(plain, std::string(said).append(trim))) return true;
        return false;
    }

    static const chat_format& recognise(std::string_view jinja) {
        if (jinja.empty()) throw error(errc::missing, "there is no chat template");
        const std::string plain = replacement{"\"", "'"}(replacement{"\\n", "\n"}(jinja));
        for (const chat_format& f : chat_formats) {
            bool fits = true;
            for (const std::string_view m : f.marks) fits = fits && occurs(plain, m);
            for (const std::string_view m : f.without) fits = fits && (m.empty() || !occurs(plain, m));
            if (fits) return f;
        }
        std::string found(jinja.substr(0, 80));
        std::replace(found.begin(), found.end(), '\n', ' ');
        throw error(errc::unsupported, "this chat template is of no known family", {.found = found});
    }

    // The text of a literal such as '<|im_start|>system\nYou are …<|im_end|>\n' in the template.
    std::string find_default(std::string_view jinja) const {
        const chat_turn& s = format_->system;
        if (format_->place != system_place::own_turn || s.before.empty()) return {};
        const bool line = s.before.ends_with('\n');
        const std::string_view start = line ? s.before.substr(0, s.before.size() - 1) : s.before;
        const std::string_view end = s.after.substr(0, s.after.find('>') + 1);
        for (std::size_t at = jinja.find(start); at != jinja.npos; at = jinja.find(start, at + 1)) {
            std::string_view rest = jinja.substr(at + start.size());
            if (line && rest.starts_with("\\n")) rest.remove_prefix(2);
            if (line && rest.starts_with("\n")) rest.remove_prefix(1);
            const std::size_t size = rest.find(end);
            if (size == rest.npos || size == 0 || rest.substr(0, size).find_first_of("'\"{}") != rest.npos) continue;
            return replacement{"\\n", "\n"}(rest.substr(0, size));
        }
        return {};
    }

    void check(std::span<const message> turns, bool has_system) const {
        const auto refuse = [&](const char* problem) {
            throw error(errc::argument, problem, {.subject = std::string(name())});
        };
        if (has_system && format_->place == system_place::refused) refuse("this model has no system messages");
        if (has_system && format_->place != system_place::own_turn && turns.empty())
            refuse("a system message without a message of the user");
        for (std::size_t i = 0; i < turns.size(); ++i) {
            const bool user = turns[i].role == "user";
            if (!user && turns[i].role != "assistant" && (turns[i].role != "system" || format_->alternate))
                refuse("a role that is not known here");
            if (format_->alternate && user != (i % 2 == 0)) refuse("user and assistant do not take turns");
        }
    }

    std::size_t host_of_system(std::span<const message> turns) const {
        return format_->place == system_place::first_user ? 0 : turns.size() - 1;
    }

    void write(std::span<const message> turns, std::size_t i, const std::string* system, std::string& out) const {
        const message& m = turns[i];
        const bool assistant = m.role == "assistant", last = i + 1 == turns.size();
        const chat_turn& turn = assistant ? format_->assistant : m.role == "user" ? format_->user : format_->system;
        const bool trim = format_->trim || trims_ || (assistant && format_->trim_assistant);
        std::string content = assistant && format_->thinks ? without_thoughts(m.content, last) : m.content;
        if (system == nullptr || assistant) {
            content = trimmed(content, trim);
        } else {
            if (!format_->trim_together) content = trimmed(content, trim);
            content = std::string(format_->system.before) + *system + std::string(format_->system.after) + content;
            content = trimmed(content, format_->trim_together);
        }
        out += expand(turn.before) + content;
        out += expand(assistant && last && !format_->last_assistant.empty() ? format_->last_assistant : turn.after);
    }

    // What follows </think>; the last turn keeps its thoughts, were they empty.
    static std::string without_thoughts(const std::string& content, bool last) {
        const std::size_t close = content.rfind("</think>"), open = content.find("<think>");
        const bool has = close != content.npos;
        std::string said = has ? trimmed_lines(content.substr(close + 8), true, false) : content;
        if (!last) return said;
        const std::size_t from = open < close ? open + 7 : 0;
        const std::string thoughts =
            has ? trimmed_lines(content.substr(from, content.find("</think>") - from), true, true) : "";
        return "<think>\n" + thoughts + "\n</think>\n\n" + trimmed_lines(said, true, false);
    }

    static std::string trimmed_lines(std::string text, bool left, bool right) {
        if (right) text.erase(text.find_last_not_of('\n') + 1);
        if (left) text.erase(0, std::min(text.find_first_not_of('\n'), text.size()));
        return text;
    }

    static std::string trimmed(const std::string& text, bool wanted) {
        return wanted && is_well_formed(text) ? normalizer({normalizers::strip{}})(text) : text;
    }

    std::string expand(std::string_view part) const {
        return replacement{"{eos}", eos_}(replacement{"{bos}", bos_}(part));
    }

    const chat_format* format_;
    std::string bos_, eos_;
    std::string default_system_;
    bool always_prompts_;
    bool trims_;
};

}
