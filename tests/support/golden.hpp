// The tiny checkpoints of tests/golden/models, each with inputs and the outputs of the reference implementation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "tessera/cache/contiguous.hpp"
#include "tessera/io/safetensors.hpp"
#include "tessera/model/session.hpp"
#include "tessera/models/checkpoint.hpp"
#include "tessera/quant/any.hpp"

namespace golden {

using namespace tessera;

inline std::filesystem::path folder() { return "tests/golden/models"; }

// Encoders that stand alone lie apart from language models.
inline std::filesystem::path encoder_folder() { return "tests/golden/encoders"; }

inline std::vector<std::string> names(const std::filesystem::path& in = folder()) {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(in))
        if (entry.is_directory()) all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
}

// The model of a case: a directory, or the GGUF file in it.
inline std::filesystem::path model_path(const std::string& name) {
    const auto file = folder() / name / "model.gguf";
    return std::filesystem::exists(file) ? file : folder() / name;
}

inline io::safetensors expected(const std::string& name, const std::filesystem::path& in = folder()) {
    return io::safetensors::open((in / name / "expected.safetensors").string());
}

inline std::vector<float> floats(const io::safetensors& file, const std::string& name) {
    const auto& t = io::require(file, name);
    std::vector<float> x(std::size_t(t.size()));
    quant::decode_row(t.format, t.bytes.data(), x.data(), t.size());
    return x;
}

inline std::vector<token_t> ids(const io::safetensors& file, const std::string& name) {
    const auto& t = io::require(file, name);
    std::vector<token_t> out;
    for (std::size_t i = 0; i < std::size_t(t.size()); ++i) {
        std::int64_t id = 0;
        std::memcpy(&id, t.bytes.data() + i * sizeof id, sizeof id);
        out.push_back(static_cast<token_t>(id));
    }
    return out;
}

// A matrix of floats; a vector as one of one column.
inline tensor<float> matrix(const io::safetensors& file, const std::string& name) {
    const auto& t = io::require(file, name);
    tensor<float> x({t.extent(0), t.rank == 1 ? 1 : t.extent(1)});
    quant::decode_row(t.format, t.bytes.data(), x.data(), t.size());
    return x;
}

// What a case gives a model: a source for those that read one, as tokens or as frames, and the tokens of the decoder.
struct inputs {
    std::vector<token_t> source, tokens;
    tensor<float> frames;
};

template <class Session>
void read(Session& session, const inputs& in) {
    if (!in.source.empty()) session.read(in.source);
    if (in.frames.size() > 0) session.read_frames(in.frames);
}

inline index_t count(const io::safetensors& file) {
    index_t n = 0;
    while (file.find("logits." + std::to_string(n)) != nullptr) ++n;
    return n;
}

inline inputs case_of(const io::safetensors& file, index_t i) {
    const std::string at = std::to_string(i), of_decoder = "decoder_input_ids." + at;
    if (file.find(of_decoder) == nullptr) return {{}, ids(file, "input_ids." + at), {}};
    for (const std::string& frames : {"input_features." + at, "input_values." + at})
        if (file.find(frames) != nullptr) return {{}, ids(file, of_decoder), matrix(file, frames)};
    return {ids(file, "input_ids." + at), ids(file, of_decoder), {}};
}

// Whether some weight is stored in blocks: products then round their activations to 8 bits.
inline bool is_quantised(const models::checkpoint& files) {
    for (const std::string& name : files.weights.names()) {
        const auto t = files.weights.describe(name).type;
        const bool unpacked = t == "U8" && !name.ends_with("_blocks");  // when it is loaded
        if (t != "F32" && t != "F16" && t != "BF16" && !unpacked) return true;
    }
    return false;
}

// Largest difference, relative to the largest expected value.
inline double relative_error(const std::vector<float>& found, const std::vector<float>& wanted) {
    if (found.size() != wanted.size()) return 1e30;
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        largest = std::max(largest, std::fabs(double(wanted[i])));
        const double d = std::fabs(double(found[i]) - double(wanted[i]));
        difference = d <= difference ? difference : d;  // a NaN stays
    }
    return difference / largest;
}

}
