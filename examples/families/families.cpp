// Which families the example programs know. The kernels of their attention are compiled in the other files of this
// folder.
#include "families/families.hpp"

#include "tessera/models/apertus.hpp"
#include "tessera/models/arcee.hpp"
#include "tessera/models/bloom.hpp"
#include "tessera/models/cohere.hpp"
#include "tessera/models/ctrl.hpp"
#include "tessera/models/cwm.hpp"
#include "tessera/models/dots1.hpp"
#include "tessera/models/ernie4_5.hpp"
#include "tessera/models/exaone4.hpp"
#include "tessera/models/falcon.hpp"
#include "tessera/models/gemma.hpp"
#include "tessera/models/glm.hpp"
#include "tessera/models/gpt2.hpp"
#include "tessera/models/gpt_neox.hpp"
#include "tessera/models/gptj.hpp"
#include "tessera/models/granitemoe.hpp"
#include "tessera/models/helium.hpp"
#include "tessera/models/hunyuan.hpp"
#include "tessera/models/hyperclovax.hpp"
#include "tessera/models/internlm3.hpp"
#include "tessera/models/iquestcoder.hpp"
#include "tessera/models/jais2.hpp"
#include "tessera/models/llama.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/ministral3.hpp"
#include "tessera/models/mixtral.hpp"
#include "tessera/models/mpt.hpp"
#include "tessera/models/nanochat.hpp"
#include "tessera/models/nemotron.hpp"
#include "tessera/models/olmo.hpp"
#include "tessera/models/olmo2.hpp"
#include "tessera/models/olmoe.hpp"
#include "tessera/models/opt.hpp"
#include "tessera/models/persimmon.hpp"
#include "tessera/models/phi.hpp"
#include "tessera/models/phi3.hpp"
#include "tessera/models/qwen_moe.hpp"
#include "tessera/models/seed_oss.hpp"
#include "tessera/models/stablelm.hpp"
#include "tessera/models/starcoder2.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;
extern template class tessera::model::decoder<models::scores_of<models::gemma2>>;
extern template class tessera::model::decoder<models::scores_of<models::bloom>>;

tessera::models::any examples::open_model(const models::checkpoint& files, const models::load_options& options) {
    return models::load_any_from<
        models::llama, models::mistral, models::qwen2, models::qwen3, models::smollm3, models::granite, models::olmo2,
        models::phi3, models::stablelm, models::gemma, models::gemma2, models::gemma3, models::gpt2, models::mixtral,
        models::phimoe, models::qwen2_moe, models::qwen3_moe, models::olmoe, models::flex_olmo, models::granitemoe,
        models::dots1, models::starcoder2, models::olmo, models::cohere, models::cohere2, models::nemotron, models::glm,
        models::glm4, models::exaone4, models::ernie4_5, models::ernie4_5_moe, models::seed_oss, models::helium,
        models::arcee, models::olmo3, models::apertus, models::hunyuan, models::hunyuan_moe, models::nanochat,
        models::ministral3, models::cwm, models::hyperclovax, models::jais2, models::vaultgemma, models::internlm3,
        models::iquestcoder, models::gpt_bigcode, models::gpt_neo, models::gpt_neox, models::phi, models::gptj,
        models::codegen, models::opt, models::falcon, models::biogpt, models::xglm, models::falcon_alibi, models::bloom,
        models::mpt, models::persimmon, models::ctrl>(files, options);
}
