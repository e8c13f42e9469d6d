// What a configuration leaves out means what its family takes for granted.
#include <algorithm>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "tessera/models/bloom.hpp"
#include "tessera/models/falcon.hpp"
#include "tessera/models/gemma.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/mpt.hpp"
#include "tessera/models/stablelm.hpp"

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
    CHECK(kv_heads<models::gemma>() == 16);
    CHECK(kv_heads<models::gemma2>() == 4);
    CHECK(kv_heads<models::gemma3>() == 4);
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

TEST_CASE("Falcons with and without ALiBi share a name but not a family", "[models][defaults]") {
    const auto rotary = models::open_checkpoint(golden::model_path("falcon"));
    const auto alibi = models::open_checkpoint(golden::model_path("falcon-alibi"));
    CHECK(models::serves<models::falcon>(rotary));
    CHECK(models::serves<models::falcon_alibi>(alibi));
    CHECK_FALSE(models::serves<models::falcon>(alibi));
    CHECK_FALSE(models::serves<models::falcon_alibi>(rotary));
}
