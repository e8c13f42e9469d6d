// The sizes and constants of a decoder, whatever family it was read from.
#pragma once

#include <string>
#include <vector>

#include "tessera/core/types.hpp"

namespace tessera::inline TESSERA_ABI::model {

struct decoder_config {
    std::string family;  // model_type
    index_t vocabulary = 0;
    index_t hidden = 0;
    index_t layers = 0;
    index_t heads = 0;
    index_t kv_heads = 0;
    index_t head_dim = 0;
    index_t feed_forward = 0;
    index_t context = 0;  // positions the model was made for
    float epsilon = 1e-5f;
    std::string activation = "silu";
    bool tied = true;  // the head is the embedding

    float embedding_factor = 1.0f;
    float residual_factor = 1.0f;
    float logit_factor = 1.0f;
    float attention_scale = 0.0f;       // of q·k; 0 means 1/√head_dim
    float attention_softcap = 0.0f;     // 0 means none
    float logit_softcap = 0.0f;         // 0 means none
    std::vector<index_t> windows;       // [layers]; 0 means unbounded
    std::vector<token_t> begin_tokens;  // what a text begins with when there is no prompt; often none
    std::vector<token_t> end_tokens;    // generation stops at these
    std::vector<std::string> adapters;  // names of those kept apart from the weights: each sequence may use one
    token_t pad_token = -1;             // says nothing: the blank of an encoder of sound; -1 where it is not known

    index_t window(index_t layer) const { return windows.empty() ? 0 : windows[std::size_t(layer)]; }
};

}
