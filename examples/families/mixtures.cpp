// Families of decoders: mixtures of experts.
#include "families/groups.hpp"

#include "tessera/models/deepseek.hpp"
#include "tessera/models/dots1.hpp"
#include "tessera/models/ernie4_5.hpp"
#include "tessera/models/granitemoe.hpp"
#include "tessera/models/hunyuan.hpp"
#include "tessera/models/llama.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/mixtral.hpp"
#include "tessera/models/olmoe.hpp"
#include "tessera/models/qwen_moe.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;

models::family_group examples::mixtures_families() {
    return models::group_of<models::mixtral, models::phimoe, models::qwen2_moe, models::qwen3_moe, models::olmoe,
                            models::flex_olmo, models::granitemoe, models::dots1, models::deepseek_v2,
                            models::deepseek_v3, models::ernie4_5_moe, models::hunyuan_moe>();
}
