// How a GGUF file's vocabulary cuts text into words: the kinds that tokenizer.ggml.pre names.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/text/normalizer.hpp"
#include "tessera/text/pre_tokenizer.hpp"

namespace tessera::inline TESSERA_ABI::text::gguf_pre {

// Names that are cut alike, separated by spaces; the expressions, one after the other, each isolating its matches.
struct kind {
    std::string_view names;
    std::vector<std::string_view> expressions;
    bool digits = false;         // every digit by itself, before the expressions
    bool nfc = false;            // text is normalised, as the models' own tokenizers do
    bool ignore_merges = false;  // a word that is a piece is that piece
    bool add_bos = false;        // where the file does not say
};

inline const std::vector<kind>& kinds() {
    constexpr std::string_view gpt2 = source_of(word_rule::gpt2), llama3 = source_of(word_rule::llama3),
                               qwen2 = source_of(word_rule::qwen2), qwen3_5 = source_of(word_rule::qwen3_5);
    constexpr std::string_view
        tekken =
            R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
        gpt4o =
            R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
        deepseek3 =
            R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
        bailing =
            R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
        seed =
            R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)",
        not_punctuation = R"( ?[^(\s|.,!?…。，、।۔،)]+)", kana = "[一-龥぀-ゟ゠-ヿ]+";
    static const std::vector<kind> all = {
        {"gpt-2 phi-2 mpt jais trillion exaone4 gigachat a.x-4.0 mellum granite-docling jina-es jina-de jina-v2-es "
         "jina-v2-de jina-v1-en jina-v2-code roberta-bpe",
         {gpt2}},
        {"olmo modern-bert", {gpt2}, false, true},
        {"smollm starcoder refact command-r codeshell exaone minerva-7b mellum2", {gpt2}, true},
        {"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
         {llama3},
         false,
         false,
         true,
         true},
        {"dbrx smaug-bpe glm4 chatglm-bpe", {llama3}},
        {"qwen2 deepseek-r1-qwen stablelm2 megrez", {qwen2}, false, true},
        {"hunyuan solar-open kormo f2llmv2 grok-2", {qwen2}},
        {"qwen35", {qwen3_5}, false, true},
        {"tekken", {tekken}, false, false, true, true},
        {"gpt-4o llama4 kanana2 talkie", {gpt4o}},
        {"deepseek-v3 hunyuan-dense", {R"(\p{N}{1,3})", kana, deepseek3}},
        {"bailingmoe bailingmoe2 llada-moe", {bailing}},
        {"seed-coder", {seed}},
        {"poro-chat bloom gpt3-finnish", {not_punctuation}},
        {"viking", {not_punctuation, R"(\p{N})"}},
        {"falcon", {R"([\p{P}\$\+<=>\^~\|`]+)", gpt2, "[0-9][0-9][0-9]"}},
        {"default", {R"([\p{P}\$\+<=>\^~\|]+)", gpt2, R"(\p{N}+)", "[0-9][0-9][0-9]"}},
    };
    return all;
}

inline const kind& find(const std::string& name) {
    for (const kind& k : kinds())
        for (std::size_t at = 0; at < k.names.size(); at = std::min(k.names.find(' ', at), k.names.size()) + 1)
            if (k.names.substr(at, k.names.find(' ', at) - at) == name) return k;
    throw error(errc::unsupported, "this way to cut text into words is not known",
                {.subject = "tokenizer.ggml.pre", .found = name});
}

inline std::vector<pre_tokenizers::step> steps_of(const kind& k) {
    std::vector<pre_tokenizers::step> steps;
    if (k.digits) steps.emplace_back(pre_tokenizers::digits{true});
    for (const std::string_view e : k.expressions) {
        pre_tokenizers::split s{.rule = word_rule_of(e)};
        if (!s.rule) s.expression = std::make_shared<const pattern>(std::string(e));
        steps.emplace_back(std::move(s));
    }
    steps.emplace_back(pre_tokenizers::byte_level{.add_prefix_space = false, .use_regex = false});
    return steps;
}

}
