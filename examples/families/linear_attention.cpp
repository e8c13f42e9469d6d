// Families of decoders: linear attention with decays, gates or the delta rule, mostly between layers of attention.
#include "families/groups.hpp"

#include "tessera/models/kimi_linear.hpp"
#include "tessera/models/minimax.hpp"
#include "tessera/models/olmo_hybrid.hpp"
#include "tessera/models/qwen3_next.hpp"
#include "tessera/models/rwkv.hpp"
#include "tessera/models/xlstm.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;

models::family_group examples::linear_attention_families() {
    return models::group_of<models::qwen3_next, models::olmo_hybrid, models::minimax, models::rwkv, models::kimi_linear,
                            models::xlstm>();
}
