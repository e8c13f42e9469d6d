// Families of decoders: state spaces and other recurrences, alone or between layers of attention.
#include "families/groups.hpp"

#include "tessera/models/bamba.hpp"
#include "tessera/models/granitemoehybrid.hpp"
#include "tessera/models/jamba.hpp"
#include "tessera/models/lfm2.hpp"
#include "tessera/models/mamba.hpp"
#include "tessera/models/mamba2.hpp"
#include "tessera/models/nemotron_h.hpp"
#include "tessera/models/recurrent_gemma.hpp"
#include "tessera/models/zamba.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;

models::family_group examples::recurrent_families() {
    return models::group_of<models::mamba, models::falcon_mamba, models::mamba2, models::bamba, models::falcon_h1,
                            models::granitemoehybrid, models::nemotron_h, models::jamba, models::lfm2,
                            models::recurrent_gemma, models::zamba, models::zamba2>();
}
