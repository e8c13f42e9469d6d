// What a configuration leaves out means what its family takes for granted.
#include <algorithm>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "tessera/models/bloom.hpp"
#include "tessera/models/cohere.hpp"
#include "tessera/models/ernie4_5.hpp"
#include "tessera/models/exaone4.hpp"
#include "tessera/models/falcon.hpp"
#include "tessera/models/gemma.hpp"
#include "tessera/models/gemma3n.hpp"
#include "tessera/models/gemma4.hpp"
#include "tessera/models/glm.hpp"
#include "tessera/models/helium.hpp"
#include "tessera/models/iquestcoder.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/ministral3.hpp"
#include "tessera/models/mpt.hpp"
#include "tessera/models/olmo.hpp"
#include "tessera/models/seed_oss.hpp"
#include "tessera/models/stablelm.hpp"
#include "tessera/models/starcoder2.hpp"

using namespace tessera;

namespace {

// A checkpoint whose key has another value, or with nullptr is absent.
models::checkpoint changed(const std::string& name, const std::string& key, const io::json* value) {
    models::checkpoint files = models::open_checkpoint(golden::model_path(name));
    std::vector<io::json::member> members;
    for (const auto& member : files.config.as_object())
        if (member.key != key) members.push_back(member);
    if (value != nullptr) members.push_back({key, *value});
    files.config = io::json(io::json::object(std::move(members)));
    return files;
}

// The llama checkpoint without `absent`, or with null there.
models::checkpoint without(const std::string& absent, bool null = false) {
    const io::json nothing;
    return changed("llama", absent, null ? &nothing : nullptr);
}

// What a family says of a key's value; nothing if it takes it.
template <class Family>
std::string refusal(const std::string& name, const std::string& key, const io::json& value) {
    try {
        Family(changed(name, key, &value));
        return "";
    } catch (const error& e) {
        return e.what();
    }
}

template <class Family>
index_t kv_heads(bool null = false) {
    return Family(without("num_key_value_heads", null)).config.kv_heads;
}

}

TEST_CASE("Without num_key_value_heads each family has its own number, with null as many as query heads",
          "[models][defaults]") {
    const index_t heads = models::llama(without("")).config.heads;
    CHECK(kv_heads<models::llama>() == heads);
    CHECK(kv_heads<models::granite>() == heads);
    CHECK(kv_heads<models::mistral>() == 8);
    CHECK(kv_heads<models::mistral>(true) == heads);
    CHECK(kv_heads<models::qwen2>() == 32);
    CHECK(kv_heads<models::qwen3>() == 32);
    CHECK(kv_heads<models::smollm3>() == 4);
    CHECK(kv_heads<models::stablelm>() == 32);
    CHECK(kv_heads<models::starcoder2>() == 2);
    CHECK(kv_heads<models::olmo>() == heads);
    CHECK(kv_heads<models::cohere>() == heads);
    CHECK(kv_heads<models::glm>() == 2);
    CHECK(kv_heads<models::exaone4>() == 32);
    CHECK(kv_heads<models::ernie4_5>() == 2);
    CHECK(kv_heads<models::ernie4_5>(true) == heads);
    CHECK(kv_heads<models::seed_oss>() == 8);
    CHECK(kv_heads<models::helium>() == 20);
    CHECK(kv_heads<models::ministral3>() == 8);
    CHECK(kv_heads<models::gemma>() == 16);
    CHECK(kv_heads<models::gemma2>() == 4);
    CHECK(kv_heads<models::gemma3>() == 4);
}

TEST_CASE("Without head_dim some families have heads of a width of their own, with null those of the width by head",
          "[models][defaults]") {
    const index_t by_head = models::llama(without("head_dim")).config.head_dim;
    CHECK(models::ernie4_5(without("head_dim")).config.head_dim == 128);
    CHECK(models::ernie4_5(without("head_dim", true)).config.head_dim == by_head);
    CHECK(models::seed_oss(without("head_dim")).config.head_dim == 128);
    CHECK(models::glm(without("head_dim")).config.head_dim == 128);
    CHECK(models::helium(without("head_dim")).config.head_dim == 128);
    CHECK(models::ministral3(without("head_dim")).config.head_dim == 128);
    CHECK(models::olmo(without("head_dim")).config.head_dim == by_head);
}

TEST_CASE("Options that a family does not have are refused", "[models][defaults]") {
    models::checkpoint files = without("clip_qkv", true);
    CHECK_NOTHROW(models::iquestcoder(files));
    std::vector<io::json::member> members(files.config.as_object().begin(), files.config.as_object().end());
    members.push_back({"use_sliding_window", true});
    files.config = io::json(io::json::object(std::move(members)));
    CHECK_THROWS_AS(models::iquestcoder(files), error);
}

TEST_CASE("Without sliding_window some families have a window, with null none has", "[models][defaults]") {
    const auto window = []<class Family>(const Family& recipe) { return recipe.config.window(0); };
    CHECK(window(models::mistral(without("sliding_window"))) == 4096);
    CHECK(window(models::mistral(without("sliding_window", true))) == 0);
    CHECK(window(models::cohere2(without("sliding_window"))) == 4096);
    CHECK(window(models::exaone4(without("sliding_window"))) == 4096);
    CHECK(window(models::exaone4(without("sliding_window", true))) == 0);
    CHECK(window(models::olmo3(without("sliding_window"))) == 4096);
    CHECK(window(models::starcoder2(without("sliding_window"))) == 0);
    CHECK(window(models::ministral3(without("sliding_window"))) == 0);
}

TEST_CASE("Gemma 2 caps unless told not to, Gemma 3 only when told to", "[models][defaults]") {
    CHECK(models::gemma2(without("")).config.attention_softcap == 50.0f);
    CHECK(models::gemma2(without("")).config.logit_softcap == 30.0f);
    CHECK(models::gemma2(without("attn_logit_softcapping", true)).config.attention_softcap == 0.0f);
    CHECK(models::gemma2(without("final_logit_softcapping", true)).config.logit_softcap == 0.0f);
    CHECK(models::gemma3(without("")).config.attention_softcap == 0.0f);
    CHECK(models::gemma3(without("")).config.logit_softcap == 0.0f);
}

TEST_CASE("Options that are not computed are refused by name", "[models][defaults]") {
    CHECK(refusal<models::bloom>("bloom", "apply_residual_connection_post_layernorm", true) ==
          "apply_residual_connection_post_layernorm: the option is not known here: expected false, found true");
    CHECK(refusal<models::falcon>("falcon-grouped", "parallel_attn", false) ==
          "parallel_attn: the option is not known here: expected true, found false");
    CHECK(refusal<models::mpt>("mpt", "logit_scale", 2.0).substr(0, 12) == "logit_scale:");
    CHECK(refusal<models::mpt>("mpt", "no_bias", false).substr(0, 8) == "no_bias:");
    CHECK(refusal<models::mpt>("mpt", "attn_config", io::json::object{{"qk_ln", true}}).substr(0, 6) == "qk_ln:");
    CHECK(refusal<models::bloom>("bloom", "slow_but_exact", true) == "");
}

TEST_CASE("What Gemma 3n and 4 say of their layers has to fit", "[models][defaults]") {
    CHECK(refusal<models::gemma4>("gemma4", "use_bidirectional_attention", "all") ==
          "use_bidirectional_attention: the option is not known here: expected \"vision\", found \"all\"");
    CHECK(refusal<models::gemma4>("gemma4", "use_bidirectional_attention", "vision").empty());
    CHECK(refusal<models::gemma4>("gemma4", "num_kv_shared_layers", 5) ==
          "num_kv_shared_layers: the value is out of range: expected 0 to 4, found 5");
    CHECK(refusal<models::gemma3n>("gemma3n", "intermediate_size", io::json::array{14, 10}) ==
          "intermediate_size: wrong length: expected 5, found 2");
    CHECK(refusal<models::gemma3n>("gemma3n", "hidden_size_per_layer_input", 0) ==
          "hidden_size_per_layer_input: the value is out of range: expected 1 to 67108864, found 0");
}

TEST_CASE("Falcons with and without ALiBi share a name but not a family", "[models][defaults]") {
    const auto rotary = models::open_checkpoint(golden::model_path("falcon"));
    const auto alibi = models::open_checkpoint(golden::model_path("falcon-alibi"));
    CHECK(models::serves<models::falcon>(rotary));
    CHECK(models::serves<models::falcon_alibi>(alibi));
    CHECK_FALSE(models::serves<models::falcon>(alibi));
    CHECK_FALSE(models::serves<models::falcon_alibi>(rotary));
}
