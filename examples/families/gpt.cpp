// Families of decoders: the older decoders, with layer norms and biases.
#include "families/groups.hpp"

#include "tessera/models/bloom.hpp"
#include "tessera/models/ctrl.hpp"
#include "tessera/models/falcon.hpp"
#include "tessera/models/gpt2.hpp"
#include "tessera/models/gpt_neox.hpp"
#include "tessera/models/gptj.hpp"
#include "tessera/models/llama.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/mpt.hpp"
#include "tessera/models/opt.hpp"
#include "tessera/models/persimmon.hpp"
#include "tessera/models/phi.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;
extern template class tessera::model::decoder<models::scores_of<models::bloom>>;

models::family_group examples::gpt_families() {
    return models::group_of<models::gpt2, models::gpt_bigcode, models::gpt_neo, models::gpt_neox, models::phi,
                            models::gptj, models::codegen, models::opt, models::falcon, models::biogpt, models::xglm,
                            models::falcon_alibi, models::bloom, models::mpt, models::persimmon, models::ctrl>();
}
