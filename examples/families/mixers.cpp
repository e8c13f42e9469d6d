// Families of decoders: those with an attention or a feed-forward of their own.
#include "families/groups.hpp"

#include "tessera/models/afmoe.hpp"
#include "tessera/models/bitnet.hpp"
#include "tessera/models/diffllama.hpp"
#include "tessera/models/doge.hpp"
#include "tessera/models/exaone_moe.hpp"
#include "tessera/models/gemma3n.hpp"
#include "tessera/models/gemma4.hpp"
#include "tessera/models/glm4_moe.hpp"
#include "tessera/models/gpt_oss.hpp"
#include "tessera/models/granite_swa.hpp"
#include "tessera/models/jetmoe.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/mellum.hpp"
#include "tessera/models/minimax_m2.hpp"
#include "tessera/models/modernbert_decoder.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;
extern template class tessera::model::decoder<models::scores_of<models::gpt_oss>>;

models::family_group examples::mixers_families() {
    return models::group_of<models::gpt_oss, models::diffllama, models::bitnet, models::doge, models::jetmoe,
                            models::granite_swa, models::granitemoe_swa, models::granitemoeshared, models::glm4_moe,
                            models::solar_open, models::exaone_moe, models::minimax_m2, models::mellum, models::afmoe,
                            models::modernbert_decoder, models::gemma3n, models::gemma4>();
}
