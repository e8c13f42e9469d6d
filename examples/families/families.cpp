// Which families the example programs know. The kernels of their attention are compiled in causal*.cpp.
#include "families/families.hpp"

#include "families/groups.hpp"

tessera::models::any examples::open_model(const tessera::models::checkpoint& files,
                                          const tessera::models::load_options& options) {
    const tessera::models::family_group known[] = {llama_families(),          gpt_families(),
                                                   mixtures_families(),       mixers_families(),
                                                   recurrent_families(),      linear_attention_families(),
                                                   encoder_decoder_families()};
    return tessera::models::load_any_from(known, files, options);
}

tessera::models::any_encoder examples::open_encoder(const tessera::models::checkpoint& files,
                                                    const tessera::models::load_options& options) {
    return encoder_families().load_if_served(files, options);
}
