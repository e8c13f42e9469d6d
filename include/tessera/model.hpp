// All of tessera/model/.
#pragma once

#include "tessera/model/batch.hpp"
#include "tessera/model/block.hpp"
#include "tessera/model/decoder.hpp"
#include "tessera/model/decoder_config.hpp"
#include "tessera/model/decoder_parts.hpp"
#include "tessera/model/language_model.hpp"
#include "tessera/model/mamba.hpp"
#include "tessera/model/mamba2.hpp"
#include "tessera/model/mixer.hpp"
#include "tessera/model/mixer_sum.hpp"
#include "tessera/model/observer.hpp"
#include "tessera/model/plan.hpp"
#include "tessera/model/recurrent.hpp"
#include "tessera/model/residual.hpp"
#include "tessera/model/self_attention.hpp"
#include "tessera/model/session.hpp"
