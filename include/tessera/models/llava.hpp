// LLaVA: what a language model sees. Pictures become rows that stand among its tokens; the language model itself is
// loaded as any other, from llava_text(files).
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tessera/ffn/mlp.hpp"
#include "tessera/model/encoder.hpp"
#include "tessera/models/clip.hpp"
#include "tessera/models/part.hpp"

namespace tessera::inline TESSERA_ABI::models {

// The language model. Older files leave out what is as in the first Llama.
inline checkpoint llava_text(const checkpoint& files) {
    checkpoint text = text_part(files);
    if (text.config.get_or("model_type", "") != "llama") return text;
    return with_common_keys(std::move(text), {{"vocab_size", "vocab_size", 32000},
                                              {"hidden_size", "hidden_size", 4096},
                                              {"intermediate_size", "intermediate_size", 11008},
                                              {"num_hidden_layers", "num_hidden_layers", 32},
                                              {"num_attention_heads", "num_attention_heads", 32}});
}

// Immutable after construction and shared by threads.
class llava {
public:
    // Throws tessera::error for whatever is missing, does not fit, or is not known here.
    explicit llava(const checkpoint& files, const load_options& options = {})
        : llava(files, vision_part(files, options)) {}

    // The token that stands for a row of a picture.
    token_t picture_token() const { return picture_token_; }
    index_t rows() const { return all_rows() - first_row_; }  // of a picture
    model::frame_shape pixels() const { return pictures_.parts().reader->shape(); }

    // pixels [channels · side, side], normalised → [rows, hidden] of the language model. Throws errc::shape for a
    // picture of another size.
    tensor<float> operator()(view<const float> pixels, exec::executor_ref run) const {
        model::require_frames(this->pixels(), pixels);
        tensor<float> seen({rows(), projector_.down.outputs()});
        workspace count = workspace::measuring();
        see(pixels, seen, count, run);
        workspace memory(count.high_water());
        see(pixels, seen, memory, run);
        return seen;
    }

private:
    struct vision {
        clip_vision recipe;
        index_t first_row;  // 0, or 1 without the row of the whole picture
    };

    static vision vision_part(const checkpoint& files, const load_options& options) {
        const checkpoint part =
            part_of(files, "vision_config",
                    {{"model.vision_tower.", ""}, {"vision_tower.vision_model.", ""}, {"vision_tower.", ""}});
        require_option(part.config, "model_type", std::string("clip_vision_model"));
        clip_vision recipe(part, options);
        // -1 is the last layer's output, 0 the embedding.
        const index_t layer = files.config.get_or("vision_feature_layer", std::int64_t(-2));
        recipe.stop_after(layer < 0 ? recipe.config.layers + 1 + layer : layer);
        const std::string rows = files.config.get_or("vision_feature_select_strategy", "default");
        if (rows != "full") require_option(files.config, "vision_feature_select_strategy", std::string("default"));
        return {std::move(recipe), rows == "full" ? 0 : 1};
    }

    llava(const checkpoint& files, const vision& seen)
        : pictures_(seen.recipe.load(), std::vector<attention::full>(std::size_t(seen.recipe.config.layers))),
          projector_(projector(files, seen.recipe.config.hidden)),
          picture_token_(token_t(size_key(files.config, "image_token_index", 32000))),
          first_row_(seen.first_row) {}

    static ffn::mlp projector(const checkpoint& files, index_t width) {
        const index_t hidden = size_key(llava_text(files).config, "hidden_size");
        const bool biased = files.config.get_or("multimodal_projector_bias", true);
        const part_tensors own(files.weights, {{"model.multi_modal_projector.", ""}, {"multi_modal_projector.", ""}});
        const weights tensors{io::source_ref(own)};
        return {tensors.affine("linear_1", hidden, width, biased), tensors.affine("linear_2", hidden, hidden, biased),
                ops::activation_from(files.config.get_or("projector_hidden_act", "gelu"))};
    }

    index_t all_rows() const { return pictures_.parts().reader->rows_of(pixels().frames); }

    void see(view<const float> pixels, view<float> to, workspace& memory, exec::executor_ref run) const {
        const workspace::frame scratch(memory);
        const model::lone_source source({.frames = pixels}, all_rows());
        const view<float> h = memory.take<float>(all_rows(), pictures_.config().hidden);
        pictures_.forward(source.rows(), h, memory, run);
        projector_(h.slice({first_row_, all_rows()}), {to}, memory, run);
    }

    model::encoder<attention::full> pictures_;
    ffn::mlp projector_;
    token_t picture_token_;
    index_t first_row_;
};

}
