// Families of decoders: llama and its close relatives.
#include "families/groups.hpp"

#include "tessera/models/apertus.hpp"
#include "tessera/models/arcee.hpp"
#include "tessera/models/cohere.hpp"
#include "tessera/models/cwm.hpp"
#include "tessera/models/ernie4_5.hpp"
#include "tessera/models/exaone4.hpp"
#include "tessera/models/gemma.hpp"
#include "tessera/models/glm.hpp"
#include "tessera/models/helium.hpp"
#include "tessera/models/hunyuan.hpp"
#include "tessera/models/hyperclovax.hpp"
#include "tessera/models/internlm3.hpp"
#include "tessera/models/iquestcoder.hpp"
#include "tessera/models/jais2.hpp"
#include "tessera/models/llama.hpp"
#include "tessera/models/load.hpp"
#include "tessera/models/ministral3.hpp"
#include "tessera/models/nanochat.hpp"
#include "tessera/models/nemotron.hpp"
#include "tessera/models/olmo.hpp"
#include "tessera/models/olmo2.hpp"
#include "tessera/models/phi3.hpp"
#include "tessera/models/seed_oss.hpp"
#include "tessera/models/stablelm.hpp"
#include "tessera/models/starcoder2.hpp"

namespace models = tessera::models;

extern template class tessera::model::decoder<models::scores_of<models::llama>>;
extern template class tessera::model::decoder<models::scores_of<models::gemma2>>;

models::family_group examples::llama_families() {
    return models::group_of<
        models::llama, models::mistral, models::qwen2, models::qwen3, models::smollm3, models::granite, models::olmo2,
        models::phi3, models::stablelm, models::gemma, models::gemma2, models::gemma3, models::starcoder2, models::olmo,
        models::cohere, models::cohere2, models::nemotron, models::glm, models::glm4, models::exaone4, models::ernie4_5,
        models::seed_oss, models::helium, models::arcee, models::olmo3, models::apertus, models::hunyuan,
        models::nanochat, models::ministral3, models::cwm, models::hyperclovax, models::jais2, models::vaultgemma,
        models::internlm3, models::iquestcoder>();
}
