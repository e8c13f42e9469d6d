// Tensors of a Hugging Face checkpoint that a GGUF file holds within others, in another shape, or as metadata.
#pragma once

#include <cmath>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/io/gguf.hpp"
#include "tessera/models/gguf_names.hpp"
#include "tessera/quant/any.hpp"

namespace tessera::inline TESSERA_ABI::models {

class gguf_views {
public:
    // q_rows, kv_rows: what attn_qkv holds of each where families have three tensors instead.
    gguf_views(const io::gguf& file, std::string_view architecture, index_t q_rows, index_t kv_rows) {
        for (const std::string& name : file.names()) {
            if (!file.describe(name).readable) continue;
            const quant::stored_tensor& t = *file.find(name);
            if (t.size() == 0) continue;
            if (name.ends_with("_exps.weight") || name.starts_with("altup_")) stack(name, t);
            if (is_row(architecture, name) && t.rank == 1) parts_[name] = shaped(t, {1, t.extent(0)});
            split(name, t, q_rows, kv_rows);
            reshape(name, t);
        }
        for (const std::string_view constant : {"alpha_p", "alpha_n", "beta"}) spread(file, std::string(constant));
    }

    // Some parts lie within.
    gguf_views(gguf_views&&) = default;
    gguf_views& operator=(gguf_views&&) = default;

    // nullptr for what is not held in such a way.
    const quant::stored_tensor* part(std::string_view name) const {
        const auto found = parts_.find(name);
        return found == parts_.end() ? nullptr : &found->second;
    }
    const quant::stored_tensor* expert(std::string_view name, index_t which) const {
        const auto found = experts_.find(name);
        if (found == experts_.end() || which >= index_t(found->second.size())) return nullptr;
        return &found->second[std::size_t(which)];
    }

private:
    static constexpr index_t most_experts = 1 << 16;

    // Matrices of one row, which the converter used to write as vectors.
    static bool is_row(std::string_view architecture, std::string_view name) {
        return name.ends_with("ffn_gate_inp_shexp.weight") ||
               (architecture == "ernie4_5-moe" && name.ends_with("exp_probs_b.bias"));
    }
    static quant::stored_tensor shaped(quant::stored_tensor t, std::initializer_list<index_t> extents) {
        t.rank = 0;
        for (const index_t n : extents) t.extents[t.rank++] = n;
        return t;
    }

    // The converter leaves out extents of 1 between channels and taps, adds some behind the numbers of heads, and folds
    // a norm by groups.
    void reshape(const std::string& name, const quant::stored_tensor& t) {
        if (name.ends_with(".ssm_a")) return rates(name, t);
        if (name.ends_with(".ffn_norm")) parts_[name + ".weight"] = t;  // Falcon-H1's
        if (t.rank != 2) return;
        if (name.ends_with(".ssm_conv1d.weight") || name.ends_with(".shortconv.conv.weight"))
            parts_[name] = shaped(t, {t.extent(0), 1, t.extent(1)});
        if (name.ends_with(".ssm_d") || name.ends_with(".ssm_norm.weight")) parts_[name] = shaped(t, {t.size()});
    }

    // -e^A_log → A_log, [heads, 1] → [heads]
    void rates(const std::string& name, const quant::stored_tensor& t) {
        std::vector<float>& values = numbers_.emplace_back(std::size_t(t.size()));
        quant::decode_row(t.format, t.bytes.data(), values.data(), t.size());
        for (float& a : values) a = std::log(-a);
        quant::stored_tensor logarithms = t.columns() == 1 ? shaped(t, {t.size()}) : t;
        logarithms.format = quant::storage::f32;
        logarithms.bytes = std::as_bytes(std::span(values));
        parts_[name] = logarithms;
    }

    // [experts, outputs, inputs] → a matrix for each.
    void stack(const std::string& name, const quant::stored_tensor& t) {
        if (t.rank != 3 || t.extent(0) > most_experts) return;
        const std::size_t bytes = t.bytes.size() / std::size_t(t.extent(0));
        std::vector<quant::stored_tensor>& all = experts_[name];
        for (index_t e = 0; e < t.extent(0); ++e)
            all.push_back({t.format, 2, {t.extent(1), t.extent(2)}, t.bytes.subspan(std::size_t(e) * bytes, bytes)});
    }

    // attn_qkv, a matrix or its bias → attn_q, attn_k and attn_v
    void split(const std::string& name, const quant::stored_tensor& t, index_t q_rows, index_t kv_rows) {
        constexpr std::string_view joined = "attn_qkv.";
        const std::size_t at = name.find(joined);
        if (at == std::string::npos || t.rank > 2 || t.extent(0) != q_rows + 2 * kv_rows) return;
        const std::size_t row = t.bytes.size() / std::size_t(t.extent(0));
        std::size_t begin = 0;
        for (const auto& [letter, rows] : {std::pair('q', q_rows), std::pair('k', kv_rows), std::pair('v', kv_rows)}) {
            quant::stored_tensor& part = parts_[name.substr(0, at) + "attn_" + letter + name.substr(at + 8)];
            part = t;
            part.extents[0] = rows;
            part.bytes = t.bytes.subspan(begin, std::size_t(rows) * row);
            begin += part.bytes.size();
        }
    }

    // A constant of each layer's activation.
    void spread(const io::gguf& file, const std::string& constant) {
        const io::json* layers = file.metadata().find("xielu." + constant);
        if (layers == nullptr) return;
        std::vector<float>& values = numbers_.emplace_back(layers->as<std::vector<float>>("xielu." + constant));
        const auto bytes = std::as_bytes(std::span(values));
        for (std::size_t i = 0; i < values.size(); ++i)
            parts_["blk." + std::to_string(i) + ".xielu." + constant] = {
                quant::storage::f32, 1, {1}, bytes.subspan(i * sizeof(float), sizeof(float))};
    }

    std::map<std::string, quant::stored_tensor, std::less<>> parts_;
    std::map<std::string, std::vector<quant::stored_tensor>, std::less<>> experts_;
    std::vector<std::vector<float>> numbers_;
};

}
