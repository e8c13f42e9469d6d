// From files to a model: load<llama>(path) when the family is known, load_any<llama, gemma, …>(path) when the file
// decides.
#pragma once

#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tessera/model/encoder_decoder.hpp"
#include "tessera/model/encoder_only.hpp"
#include "tessera/models/adapter.hpp"
#include "tessera/models/any.hpp"
#include "tessera/models/recipe.hpp"

namespace tessera::inline TESSERA_ABI::models {

// What a family is: a recipe with the names that config.json may give it and its scores. It may also have
// accepts(config), where families share a name.
template <class F>
concept family = std::derived_from<F, scoring_recipe> && requires(const F& f, const model::decoder_config& c) {
    std::begin(F::model_types);
    f.scores(c, index_t{});
};
template <class F>
concept decoder_family = family<F> && std::derived_from<F, decoder_recipe>;

// What a family is loaded as where it is known only at run time: a language model, or an encoder that stands alone.
template <family F>
using any_for = std::conditional_t<decoder_family<F>, any, any_encoder>;

// The score policy of a family's layers.
template <family Family>
using scores_of =
    decltype(std::declval<const Family&>().scores(std::declval<const model::decoder_config&>(), index_t{}));

template <family Family>
bool serves(const checkpoint& files) {
    const std::string type = files.config.get_or("model_type", "");
    if (std::find(std::begin(Family::model_types), std::end(Family::model_types), type) ==
        std::end(Family::model_types))
        return false;
    if constexpr (requires { Family::accepts(files.config); }) {
        return Family::accepts(files.config);
    } else {
        return true;
    }
}

// A family of encoder-decoders has a recipe for its encoder too, with scores of its own.
template <class F>
concept reads_a_source = decoder_family<F> && std::derived_from<typename F::encoder, encoder_recipe>;

template <class Recipe>
auto layer_scores(const Recipe& recipe) {
    std::vector<decltype(recipe.scores(recipe.config, index_t{}))> scores;
    for (index_t i = 0; i < recipe.config.layers; ++i) scores.push_back(recipe.scores(recipe.config, i));
    return scores;
}

// Builds a model of this family from opened files. Throws tessera::error naming file, tensor or key.
template <family Family>
auto load_from(const checkpoint& files, const load_options& options = {}) {
    try {
        if (reads_a_source<Family> && files.adapters != nullptr)
            throw error(errc::unsupported, "adapters are not kept apart in models that read a source");
        const Family recipe(files, options);
        if constexpr (reads_a_source<Family>) {
            model::decoder<scores_of<Family>> text(recipe.load(), layer_scores(recipe));
            const typename Family::encoder source(files, options);
            return model::encoder_decoder(model::encoder(source.load(), layer_scores(source)), std::move(text));
        } else if constexpr (decoder_family<Family>) {
            return model::decoder<scores_of<Family>>(recipe.load(), layer_scores(recipe));
        } else {
            return model::encoder_only<scores_of<Family>>(recipe.load(), layer_scores(recipe));
        }
    } catch (const error& e) {
        throw e.in(files.config_path());
    }
}

// The families refused a file: names what it is and what there is.
[[noreturn]] inline void refuse_family(const checkpoint& files, const std::vector<std::string_view>& known) {
    std::string all;
    for (std::string_view name : known) all += (all.empty() ? "" : ", ") + std::string(name);
    throw error(errc::unsupported, "no such family here",
                {.file = files.config_path(),
                 .subject = "model_type",
                 .expected = "one of " + all,
                 .found = files.config.get_or("model_type", "nothing")});
}

// load_from, erased. `extern template` it per family to compile each in a translation unit of its own.
template <family Family>
any_for<Family> load_as(const checkpoint& files, const load_options& options) {
    return any_for<Family>(load_from<Family>(files, options));
}

// Of some families: what they call themselves, and the one that serves a file.
template <class Any>
struct group_as {
    std::vector<std::string_view> names;
    Any (*load_if_served)(const checkpoint& files, const load_options& options);  // empty when none of them does
};
using family_group = group_as<any>;
using encoder_group = group_as<any_encoder>;

// All of them language models, or all of them encoders.
template <family... Families>
auto group_of() {
    using Any = std::common_type_t<any_for<Families>...>;
    group_as<Any> group;
    (group.names.insert(group.names.end(), std::begin(Families::model_types), std::end(Families::model_types)), ...);
    group.load_if_served = [](const checkpoint& files, const load_options& options) {
        Any loaded;
        ((serves<Families>(files) && (loaded = load_as<Families>(files, options), true)) || ...);
        return loaded;
    };
    return group;
}

// Throws errc::unsupported when none of the groups knows the file.
inline any load_any_from(std::span<const family_group> groups, const checkpoint& files,
                         const load_options& options = {}) {
    std::vector<std::string_view> names;
    for (const family_group& group : groups) {
        if (any loaded = group.load_if_served(files, options); loaded) return loaded;
        names.insert(names.end(), group.names.begin(), group.names.end());
    }
    refuse_family(files, names);
}
template <decoder_family... Families>
any load_any_from(const checkpoint& files, const load_options& options = {}) {
    const family_group all = group_of<Families...>();
    return load_any_from({&all, 1}, files, options);
}

}

namespace tessera::inline TESSERA_ABI {

// path: a directory with config.json and *.safetensors, or a .gguf file.
template <models::family Family>
auto load(const std::filesystem::path& path, const models::load_options& options = {}) {
    const models::checkpoint files = models::with_adapters(models::open_checkpoint(path), options);
    if (!models::serves<Family>(files))
        models::refuse_family(files, {std::begin(Family::model_types), std::end(Family::model_types)});
    return models::load_from<Family>(files, options);
}

template <models::decoder_family... Families>
models::any load_any(const std::filesystem::path& path, const models::load_options& options = {}) {
    return models::load_any_from<Families...>(models::with_adapters(models::open_checkpoint(path), options), options);
}

}
