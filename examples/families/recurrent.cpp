// Families of decoders: state spaces and other recurrences, alone or between layers of attention.
#include "families/groups.hpp"

#include "tessera/models/mamba.hpp"
#include "tessera/models/mamba2.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;

models::family_group examples::recurrent_families() {
    return models::group_of<models::mamba, models::falcon_mamba, models::mamba2>();
}
