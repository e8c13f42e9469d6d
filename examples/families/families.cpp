// Which families the example programs know. The kernels of their attention are compiled in the other files of this
// folder.
#include "families/families.hpp"

#include "tessera/models/bloom.hpp"
#include "tessera/models/ctrl.hpp"
#include "tessera/models/falcon.hpp"
#include "tessera/models/gemma.hpp"
#include "tessera/models/gpt2.hpp"
#include "tessera/models/gpt_neox.hpp"
#include "tessera/models/gptj.hpp"
#include "tessera/models/llama.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/mpt.hpp"
#include "tessera/models/olmo2.hpp"
#include "tessera/models/opt.hpp"
#include "tessera/models/persimmon.hpp"
#include "tessera/models/phi.hpp"
#include "tessera/models/phi3.hpp"
#include "tessera/models/stablelm.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;
extern template class tessera::model::decoder<models::scores_of<models::gemma2>>;
extern template class tessera::model::decoder<models::scores_of<models::bloom>>;

tessera::models::any examples::open_model(const models::checkpoint& files, const models::load_options& options) {
    return models::load_any_from<models::llama, models::mistral, models::qwen2, models::qwen3, models::smollm3,
                                 models::granite, models::olmo2, models::phi3, models::stablelm, models::gemma,
                                 models::gemma2, models::gemma3, models::gpt2, models::gpt_bigcode, models::gpt_neo,
                                 models::gpt_neox, models::phi, models::gptj, models::codegen, models::opt,
                                 models::biogpt, models::xglm, models::falcon, models::falcon_alibi, models::bloom,
                                 models::mpt, models::persimmon, models::ctrl>(files, options);
}
