// What a configuration leaves out means what its family takes for granted.
#include <algorithm>

#include "support/catch.hpp"
#include "support/golden.hpp"
#include "tessera/models/gemma.hpp"
#include "tessera/models/stablelm.hpp"

using namespace tessera;

namespace {

// The llama checkpoint without `absent`, or with null there.
models::checkpoint without(const std::string& absent, bool null = false) {
    models::checkpoint files = models::open_checkpoint(golden::model_path("llama"));
    std::vector<io::json::member> members;
    for (const auto& member : files.config.as_object())
        if (member.key != absent) members.push_back(member);
    if (null) members.push_back({absent, io::json()});
    files.config = io::json(io::json::object(std::move(members)));
    return files;
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
