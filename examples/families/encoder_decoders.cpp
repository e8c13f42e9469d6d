// Families of encoder-decoders.
#include "families/groups.hpp"

#include "tessera/models/t5.hpp"
#include "tessera/models/whisper.hpp"

namespace models = tessera::models;

models::family_group examples::encoder_decoder_families() {
    return models::group_of<models::t5, models::mt5, models::umt5, models::whisper>();
}
