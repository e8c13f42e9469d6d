// All of tessera/decode/.
#pragma once

#include "tessera/decode/beam.hpp"
#include "tessera/decode/best_of.hpp"
#include "tessera/decode/branches.hpp"
#include "tessera/decode/contrastive.hpp"
#include "tessera/decode/ctc.hpp"
#include "tessera/decode/generate.hpp"
#include "tessera/decode/guidance.hpp"
#include "tessera/decode/hypothesis.hpp"
#include "tessera/decode/loops.hpp"
#include "tessera/decode/prompt.hpp"
#include "tessera/decode/score.hpp"
#include "tessera/decode/stop.hpp"
