// What a GGUF file holds otherwise than a Hugging Face checkpoint, found under the checkpoint's names.
#include "tessera/models/gguf_files.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "support/catch.hpp"

using namespace tessera;
using models::gguf_files;
using models::place_of;
using test::byte_writer;

namespace {

// Of every element its number within the tensor, as float.
class file_writer {
public:
    explicit file_writer(const std::string& architecture) : architecture_(architecture) {
        metadata_.counted("general.architecture").put(std::uint32_t(8)).counted(architecture);
        for (const auto& [key, value] : std::vector<std::pair<std::string, std::uint64_t>>{
                 {"embedding_length", 4}, {"block_count", 1}, {"feed_forward_length", 3}, {"context_length", 9}})
            number(key, value);
        tensor("token_embd.weight", {4, 5});
    }

    file_writer& number(const std::string& key, std::uint64_t value) {
        ++pairs_;
        metadata_.counted(architecture_ + "." + key).put(std::uint32_t(10)).put(value);
        return *this;
    }
    file_writer& floats(const std::string& key, const std::vector<float>& values) {
        ++pairs_;
        metadata_.counted(key).put(std::uint32_t(9)).put(std::uint32_t(6)).put(std::uint64_t(values.size()));
        for (const float x : values) metadata_.put(x);
        return *this;
    }
    // Extents innermost first. Type 16 is one that nothing here reads, in blocks of 256.
    file_writer& tensor(const std::string& name, const std::vector<std::uint64_t>& extents, std::uint32_t type = 0) {
        ++tensors_;
        list_.counted(name).put(std::uint32_t(extents.size()));
        std::uint64_t size = 1;
        for (const std::uint64_t e : extents) list_.put(e), size *= e;
        list_.put(type).put(std::uint64_t(data_.bytes().size()));
        for (std::uint64_t i = 0; i < size; ++i) data_.put(float(i));
        data_.pad_to(32);
        return *this;
    }
    std::vector<std::byte> bytes() const {
        byte_writer all;
        all.text("GGUF").put(std::uint32_t(3)).put(tensors_).put(pairs_);
        all.put_all(metadata_).put_all(list_).pad_to(32).put_all(data_);
        return all.bytes();
    }

private:
    std::string architecture_;
    byte_writer metadata_, list_, data_;
    std::uint64_t tensors_ = 0, pairs_ = 1;
};

gguf_files opened(std::span<const std::byte> bytes) { return gguf_files(io::gguf::from_memory(bytes, "f")); }

std::vector<float> values_of(const quant::stored_tensor* t) {
    REQUIRE(t != nullptr);
    std::vector<float> values(t->bytes.size() / sizeof(float));
    std::memcpy(values.data(), t->bytes.data(), t->bytes.size());
    return values;
}

file_writer mixture() {
    file_writer file("qwen2moe");
    file.number("attention.head_count", 2).number("attention.head_count_kv", 1);
    file.tensor("blk.0.ffn_gate_exps.weight", {2, 3, 2}).tensor("blk.0.ffn_gate_inp_shexp.weight", {4});
    file.tensor("blk.0.attn_qkv.weight", {1, 8}).tensor("blk.0.attn_qkv.bias", {8});
    return file;
}

const std::string layer = "model.layers.0.";

}

TEST_CASE("An expert is its matrix of the stacked tensor", "[models][gguf_files]") {
    const auto bytes = mixture().bytes();
    const gguf_files files = opened(bytes);
    const quant::stored_tensor* second = files.find(layer + "mlp.experts.1.gate_proj.weight");
    CHECK(values_of(second) == std::vector<float>{6, 7, 8, 9, 10, 11});
    CHECK(second->rank == 2);
    CHECK(second->extent(0) == 3);
    CHECK(second->extent(1) == 2);
    CHECK(files.find(layer + "mlp.experts.2.gate_proj.weight") == nullptr);
    CHECK(files.find(layer + "mlp.experts.0.up_proj.weight") == nullptr);
    CHECK(files.find("model.layers.1.mlp.experts.0.gate_proj.weight") == nullptr);
}

TEST_CASE("Queries, keys and values are found within the tensor that joins them", "[models][gguf_files]") {
    const auto bytes = mixture().bytes();
    const gguf_files files = opened(bytes);
    CHECK(values_of(files.find(layer + "self_attn.q_proj.weight")) == std::vector<float>{0, 1, 2, 3});
    CHECK(values_of(files.find(layer + "self_attn.k_proj.weight")) == std::vector<float>{4, 5});
    CHECK(values_of(files.find(layer + "self_attn.v_proj.bias")) == std::vector<float>{6, 7});
    CHECK(files.find(layer + "self_attn.v_proj.weight")->extent(0) == 2);
    CHECK(files.find(layer + "self_attn.v_proj.bias")->rank == 1);
}

TEST_CASE("A vector is found as the matrix of one row that it was", "[models][gguf_files]") {
    const auto bytes = mixture().bytes();
    const gguf_files files = opened(bytes);
    const quant::stored_tensor* row = files.find(layer + "mlp.shared_expert_gate.weight");
    CHECK(values_of(row) == std::vector<float>{0, 1, 2, 3});
    CHECK(row->rank == 2);
    CHECK(row->extent(0) == 1);
    CHECK(row->extent(1) == 4);
}

TEST_CASE("Constants of activations are found by layer", "[models][gguf_files]") {
    const auto bytes =
        file_writer("apertus").number("attention.head_count", 2).floats("xielu.alpha_p", {0.5f, 0.25f}).bytes();
    const gguf_files files = opened(bytes);
    CHECK(values_of(files.find("model.layers.1.mlp.act_fn.alpha_p")) == std::vector<float>{0.25f});
    CHECK(files.find("model.layers.2.mlp.act_fn.alpha_p") == nullptr);
    CHECK(files.find("model.layers.0.mlp.act_fn.beta") == nullptr);
}

TEST_CASE("The file may lie: what cannot be read or counted is refused", "[models][gguf_files][hostile]") {
    const auto unreadable = mixture().tensor("blk.0.ffn_up_exps.weight", {256, 3, 2}, 16).bytes();
    const gguf_files files = opened(unreadable);
    const auto e = test::error_of([&] { files.find(layer + "mlp.experts.0.up_proj.weight"); });
    REQUIRE(e);
    CHECK(e->code() == errc::unsupported);
    CHECK(e->context().subject == "blk.0.ffn_up_exps.weight");

    const auto huge = file_writer("llama").number("attention.head_count", std::uint64_t(1) << 62).bytes();
    CHECK(test::error_of([&] { opened(huge); })->code() == errc::format);
    const auto none = file_writer("llama").bytes();
    CHECK(test::error_of([&] { opened(none); })->code() == errc::missing);
}

TEST_CASE("Damaged files give tensors within the file, or errors", "[models][gguf_files][hostile]") {
    const auto good = mixture().floats("xielu.beta", {1.0f}).bytes();
    const test::tally all = test::read_damaged(good, [](std::span<const std::byte> bytes) {
        const gguf_files files = opened(bytes);
        files.config();
        for (const char* name : {"mlp.experts.1.gate_proj.weight", "self_attn.v_proj.weight", "self_attn.k_proj.bias",
                                 "mlp.shared_expert_gate.weight", "mlp.act_fn.beta"}) {
            const quant::stored_tensor* t = files.find(layer + name);
            unsigned sum = 0;
            for (const std::byte b : t == nullptr ? std::span<const std::byte>() : t->bytes) sum += unsigned(b);
            CHECK(sum < ~0u);
        }
    });
    CHECK(all.read > 100);
    CHECK(all.refused > 100);
}

TEST_CASE("Names that are none have no place", "[models][gguf_files]") {
    for (const char* name :
         {"", "weight", "model.layers.", "model.layers.3", "model.layers.3.weight", "model.layers.3.mlp.experts.weight",
          "model.layers.3.mlp.experts.x.up_proj.weight", "model.layers.3.mlp.experts..up_proj.weight",
          "model.layers.3.mlp.experts.-1.up_proj.weight",
          "model.layers.3.mlp.experts.99999999999999999999.up_proj.weight", "model.layers.3.mlp.experts.1.other.weight",
          "model.altup_projections.weight", "model.altup_projections.x.weight", "model.altup_projections.-1.weight",
          "other.layers.3.mlp.up_proj.weight"}) {
        INFO(name);
        CHECK(place_of("llama", name).name.empty());
    }
    CHECK(place_of("llama", layer + "post_attention_layernorm.weight").name == "blk.0.ffn_norm.weight");
    CHECK(place_of("olmo2", layer + "post_attention_layernorm.weight").name == "blk.0.post_attention_norm.weight");
    const auto stacked = place_of("gemma3n", "model.altup_unembed_projections.2.weight");
    CHECK(stacked.name == "altup_unembd_proj.weight");
    CHECK(stacked.expert == 2);
}

TEST_CASE("An architecture may stand for several families", "[models][gguf_files]") {
    const auto family = [](const file_writer& file) {
        return opened(file.bytes()).config().get<std::string>("model_type");
    };
    const auto llama = [] { return file_writer("llama").number("attention.head_count", 2); };
    CHECK(family(llama()) == "llama");
    CHECK(family(llama().number("expert_count", 0)) == "llama");
    CHECK(family(llama().number("expert_count", 8)) == "mixtral");
    CHECK(family(file_writer("mistral3").number("attention.head_count", 2)) == "mistral");
}

TEST_CASE("Keys and values of a latent vector are put together by heads", "[models][gguf_files]") {
    file_writer file("deepseek2");
    file.number("attention.head_count", 2).tensor("blk.0.attn_k_b.weight", {2, 3, 2});  // two heads, rank 3, two keys
    const auto apart = file_writer(file).tensor("blk.0.attn_v_b.weight", {3, 1, 2}).bytes();
    const gguf_files files = opened(apart);
    const quant::stored_tensor* both = files.find(layer + "self_attn.kv_b_proj.weight");
    REQUIRE(both != nullptr);
    REQUIRE(both->rank == 2);
    CHECK(both->extent(0) == 6);
    CHECK(both->extent(1) == 3);
    CHECK(values_of(both) == std::vector<float>{0, 2, 4, 1, 3, 5, 0, 1, 2, 6, 8, 10, 7, 9, 11, 3, 4, 5});

    const auto other_rank = file_writer(file).tensor("blk.0.attn_v_b.weight", {4, 1, 2}).bytes();
    CHECK(opened(other_rank).find(layer + "self_attn.kv_b_proj.weight") == nullptr);
    CHECK(opened(file.bytes()).find(layer + "self_attn.kv_b_proj.weight") == nullptr);
}

TEST_CASE("Layers of an encoder and of a decoder have names of their own", "[models][gguf_files]") {
    CHECK(place_of("t5", "encoder.block.3.layer.1.layer_norm.weight").name == "enc.blk.3.ffn_norm.weight");
    CHECK(place_of("t5", "decoder.block.3.layer.1.layer_norm.weight").name == "dec.blk.3.cross_attn_norm.weight");
    CHECK(place_of("t5", "encoder.block.0.layer.1.DenseReluDense.wo.weight").name == "enc.blk.0.ffn_down.weight");
    CHECK(place_of("t5", "decoder.block.0.layer.2.DenseReluDense.wi_0.weight").name == "dec.blk.0.ffn_gate.weight");
}

TEST_CASE("Modules that predict further tokens are no layers", "[models][gguf_files]") {
    const auto layers = [](std::uint64_t further) {
        const auto bytes =
            file_writer("glm4moe").number("attention.head_count", 2).number("nextn_predict_layers", further).bytes();
        return opened(bytes).config().get<std::int64_t>("num_hidden_layers");
    };
    CHECK(layers(0) == 1);
    CHECK(layers(1) == 0);
    CHECK(test::error_of([&] { layers(std::uint64_t(1) << 62); })->code() == errc::format);
}
