// Regular expressions as pre-tokenizers use them: Unicode classes, greedy and possessive repeats, groups, look-ahead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/core/types.hpp"
#include "tessera/text/character_set.hpp"

namespace tessera::inline TESSERA_ABI::text {

// Compiled once, then only read. Alternatives are tried in order and the first that matches wins (as in Oniguruma).
class pattern {
public:
    explicit pattern(std::string source);  // error(errc::unsupported) names what is not understood

    const std::string& source() const { return source_; }

    // Calls found(range) for every match from left to right; a match may be empty, but not where the last one ended.
    template <class F>
    void for_each_match(std::string_view text, F found) const {
        std::vector<choice> open;
        std::size_t from = 0, last_end = std::string_view::npos;
        while (from <= text.size()) {
            std::size_t begin = from;
            std::optional<std::size_t> end;
            while (!(end = run(0, text, begin, open)) && begin < text.size())
                begin += decode(text.data() + begin).bytes;
            if (!end) return;
            if (*end == begin && begin == last_end) {
                from = begin < text.size() ? begin + decode(text.data() + begin).bytes : begin + 1;
                continue;
            }
            found(range{index_t(begin), index_t(*end)});
            from = last_end = *end;
        }
    }

private:
    enum class op : std::uint8_t { one, repeat, split, jump, look, line_begin, line_end, accept };
    // Targets are relative, so that pieces of a program can be joined.
    struct instruction {
        op what;
        bool flag = false;        // repeat: possessive; look: negative
        std::int32_t target = 0;  // split: where to go when what follows fails; jump; look: behind its body
        std::uint32_t set = 0;    // one, repeat
        std::uint32_t least = 1, most = 1;
    };
    struct fragment {
        std::vector<instruction> code;
        std::size_t width = 0;  // bytes that it takes at least
    };
    // Where to go on when something fails: at `place` and, for repeats, at every character back to `least`.
    struct choice {
        std::size_t instruction, place, least;
    };
    class compiler;

    static constexpr std::uint32_t unbounded = 0xffffffff;

    std::optional<std::size_t> run(std::size_t pc, std::string_view text, std::size_t at,
                                   std::vector<choice>& open) const;
    bool step(std::size_t& pc, std::string_view text, std::size_t& at, std::vector<choice>& open) const;
    bool repeat(const instruction& i, std::size_t pc, std::string_view text, std::size_t& at,
                std::vector<choice>& open) const;

    std::string source_;
    std::vector<instruction> code_;
    std::vector<character_set> sets_;
};

// Reads a pattern's text by recursive descent.
class pattern::compiler {
public:
    explicit compiler(pattern& out) : out_(out), at_(out.source_.data()), end_(at_ + out.source_.size()) {}

    void compile() {
        fragment all = alternatives(false, 0);
        if (at_ != end_) refuse(")");
        out_.code_ = std::move(all.code);
        out_.code_.push_back({.what = op::accept});
    }

private:
    static constexpr int deepest = 32;

    [[noreturn]] void refuse(std::string_view what) const {
        throw error(errc::unsupported, "this pattern is not understood",
                    {.subject = out_.source_, .found = std::string(what)});
    }
    bool skip(std::string_view s) {
        if (!std::string_view(at_, end_).starts_with(s)) return false;
        at_ += s.size();
        return true;
    }
    static void add(fragment& to, const fragment& f) {
        to.code.insert(to.code.end(), f.code.begin(), f.code.end());
        to.width += f.width;
    }
    static std::int32_t size(const fragment& f) { return static_cast<std::int32_t>(f.code.size()); }

    fragment alternatives(bool fold, int depth) {
        if (depth > deepest) refuse("groups too deep");
        std::vector<fragment> all{sequence(fold, depth)};
        while (skip("|")) all.push_back(sequence(fold, depth));
        fragment joined = std::move(all.back());
        for (std::size_t i = all.size() - 1; i-- > 0;) {
            fragment f{.code = {{.what = op::split, .target = size(all[i]) + 2}}};
            add(f, all[i]);
            f.code.push_back({.what = op::jump, .target = size(joined) + 1});
            f.code.insert(f.code.end(), joined.code.begin(), joined.code.end());
            f.width = std::min(f.width, joined.width);
            joined = std::move(f);
        }
        return joined;
    }

    fragment sequence(bool fold, int depth) {
        fragment all;
        while (at_ != end_ && *at_ != '|' && *at_ != ')') add(all, item(fold, depth));
        return all;
    }

    fragment item(bool fold, int depth) {
        if (skip("(?!")) return look(true, fold, depth);
        if (skip("(?=")) return look(false, fold, depth);
        if (skip("(?i:")) return group(true, depth);
        if (skip("(?:")) return group(fold, depth);
        if (skip("(?")) refuse("(?");
        if (skip("(")) return group(fold, depth);
        if (skip("^")) return {.code = {{.what = op::line_begin}}};
        if (skip("$")) return {.code = {{.what = op::line_end}}};
        const auto set = static_cast<std::uint32_t>(out_.sets_.size());
        out_.sets_.push_back(character_set::parse(at_, end_, fold, out_.source_));
        return repeated_set(set);
    }

    fragment look(bool negative, bool fold, int depth) {
        const fragment body = alternatives(fold, depth + 1);
        if (!skip(")")) refuse("no )");
        fragment f{.code = {{.what = op::look, .flag = negative, .target = size(body) + 2}}};
        f.code.insert(f.code.end(), body.code.begin(), body.code.end());
        f.code.push_back({.what = op::accept});
        return f;
    }

    fragment group(bool fold, int depth) {
        fragment body = alternatives(fold, depth + 1);
        if (!skip(")")) refuse("no )");
        const bool star = skip("*"), plus = !star && skip("+"), maybe = !star && !plus && skip("?");
        if (std::string_view("*+?{").find(at_ != end_ ? *at_ : ' ') != std::string_view::npos)
            refuse("repeat after a group");
        if ((star || plus) && body.width == 0) refuse("repeat of what may be empty");
        if (plus) {
            body.code.push_back({.what = op::split, .target = 2});
            body.code.push_back({.what = op::jump, .target = -size(body)});
            return body;
        }
        if (!star && !maybe) return body;
        fragment f{.code = {{.what = op::split, .target = size(body) + (star ? 2 : 1)}}};
        f.code.insert(f.code.end(), body.code.begin(), body.code.end());
        if (star) f.code.push_back({.what = op::jump, .target = -size(body) - 1});
        return f;
    }

    fragment repeated_set(std::uint32_t set) {
        instruction i{.what = op::repeat, .set = set};
        if (skip("*")) {
            i.least = 0, i.most = unbounded;
        } else if (skip("+")) {
            i.most = unbounded;
        } else if (skip("?")) {
            i.least = 0;
        } else if (skip("{")) {
            i.least = i.most = count();
            if (skip(",")) i.most = at_ != end_ && *at_ == '}' ? unbounded : count();
            if (!skip("}") || i.most < i.least) refuse("{");
            if (at_ != end_ && (*at_ == '+' || *at_ == '?')) refuse("repeat of a repeat");
        } else {
            i.what = op::one;
        }
        if (i.what == op::repeat && skip("+")) i.flag = true;
        if (at_ != end_ && (*at_ == '?' || *at_ == '*' || *at_ == '+')) refuse("repeat of a repeat");
        return {.code = {i}, .width = i.least};
    }

    std::uint32_t count() {
        if (at_ == end_ || *at_ < '0' || *at_ > '9') refuse("{");
        std::uint32_t n = 0;
        for (; at_ != end_ && *at_ >= '0' && *at_ <= '9' && n < 100'000; ++at_) n = n * 10 + std::uint32_t(*at_ - '0');
        return n;
    }

    pattern& out_;
    const char* at_;
    const char* end_;
};

inline pattern::pattern(std::string source) : source_(std::move(source)) { compiler(*this).compile(); }

// As many as there are; the shorter ones are tried when what follows fails.
inline bool pattern::repeat(const instruction& i, std::size_t pc, std::string_view text, std::size_t& at,
                            std::vector<choice>& open) const {
    const character_set& set = sets_[i.set];
    std::size_t n = 0, least = at;
    for (; n < i.most && at < text.size(); ++n) {
        const auto [c, bytes] = decode(text.data() + at);
        if (!set.contains(c)) break;
        at += bytes;
        if (n + 1 == i.least) least = at;
    }
    if (n < i.least) return false;
    if (!i.flag && at > least) open.push_back({pc + 1, at, least});
    return true;
}

// One instruction; false when it fails.
inline bool pattern::step(std::size_t& pc, std::string_view text, std::size_t& at, std::vector<choice>& open) const {
    const instruction& i = code_[pc];
    const auto to = [&](std::int32_t distance) {
        return static_cast<std::size_t>(static_cast<index_t>(pc) + distance);
    };
    switch (i.what) {
        case op::one: {
            if (at == text.size()) return false;
            const auto [c, bytes] = decode(text.data() + at);
            if (!sets_[i.set].contains(c)) return false;
            at += bytes;
            break;
        }
        case op::repeat:
            if (!repeat(i, pc, text, at, open)) return false;
            break;
        case op::split: open.push_back({to(i.target), at, at}); break;
        case op::jump: pc = to(i.target); return true;
        case op::look:
            if (run(pc + 1, text, at, open).has_value() == i.flag) return false;
            pc = to(i.target);
            return true;
        case op::line_begin:
            if (at != 0 && text[at - 1] != '\n') return false;
            break;
        case op::line_end:
            if (at != text.size() && text[at] != '\n') return false;
            break;
        case op::accept: break;
    }
    ++pc;
    return true;
}

// The end of the match that starts at `at`, with backtracking over the choices left open.
inline std::optional<std::size_t> pattern::run(std::size_t pc, std::string_view text, std::size_t at,
                                               std::vector<choice>& open) const {
    const std::size_t bottom = open.size();
    std::size_t budget = 100'000 + 200 * (text.size() - at);
    for (;;) {
        if (code_[pc].what == op::accept) {
            open.resize(bottom);
            return at;
        }
        if (step(pc, text, at, open)) continue;
        if (open.size() == bottom) return std::nullopt;
        if (budget-- == 0) throw error(errc::unsupported, "this pattern takes too long", {.subject = source_});
        choice& last = open.back();
        pc = last.instruction;
        if (last.place == last.least) {  // a split: go on there, or nothing shorter is left
            at = last.place;
            open.pop_back();
            continue;
        }
        do --last.place;
        while ((text[last.place] & 0xc0) == 0x80);
        at = last.place;
        if (last.place == last.least) open.pop_back();
    }
}

}
