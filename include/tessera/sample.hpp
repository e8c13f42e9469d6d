// All of tessera/sample/.
#pragma once

#include "tessera/sample/bad_words.hpp"
#include "tessera/sample/draw.hpp"
#include "tessera/sample/forced_tokens.hpp"
#include "tessera/sample/greedy.hpp"
#include "tessera/sample/log_probability.hpp"
#include "tessera/sample/logit_bias.hpp"
#include "tessera/sample/logit_of.hpp"
#include "tessera/sample/min_p.hpp"
#include "tessera/sample/no_repeat.hpp"
#include "tessera/sample/penalties.hpp"
#include "tessera/sample/row.hpp"
#include "tessera/sample/suppress.hpp"
#include "tessera/sample/temperature.hpp"
#include "tessera/sample/top_k.hpp"
#include "tessera/sample/top_p.hpp"
