// The families that the example programs load, each kind of attention compiled once for all of them.
#pragma once

#include "tessera/models/any.hpp"
#include "tessera/models/checkpoint.hpp"
#include "tessera/models/load_options.hpp"

namespace examples {

// A directory with config.json and *.safetensors, or a .gguf file, of any of the families.
tessera::models::any open_model(const tessera::models::checkpoint& files,
                                const tessera::models::load_options& options = {});

// An encoder that stands alone; empty when the files are not of one that is known.
tessera::models::any_encoder open_encoder(const tessera::models::checkpoint& files,
                                          const tessera::models::load_options& options = {});

}
