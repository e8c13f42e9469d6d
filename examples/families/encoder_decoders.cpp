// Families of encoder-decoders.
#include "families/groups.hpp"

#include "tessera/models/bart.hpp"
#include "tessera/models/moonshine.hpp"
#include "tessera/models/t5.hpp"
#include "tessera/models/whisper.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;

models::family_group examples::encoder_decoder_families() {
    return models::group_of<models::t5, models::mt5, models::umt5, models::switch_transformers, models::longt5,
                            models::bart, models::mvp, models::plbart, models::mbart, models::marian, models::pegasus,
                            models::m2m_100, models::blenderbot, models::blenderbot_small, models::led, models::whisper,
                            models::moonshine>();
}
