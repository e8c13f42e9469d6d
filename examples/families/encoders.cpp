// Families of encoders that stand alone.
#include "families/groups.hpp"

#include "tessera/models/wav2vec2.hpp"

namespace models = tessera::models;

models::encoder_group examples::encoder_families() { return models::group_of<models::wav2vec2, models::hubert>(); }
