// The sound that the goldens of speech are made of.
#pragma once

#include "tessera/io/wav.hpp"

// Its beginning.
inline tessera::io::sound first_seconds(double seconds) {
    const tessera::io::sound all = tessera::io::read_wav("tests/golden/speech/sound.wav");
    const auto count = static_cast<tessera::index_t>(seconds * double(all.rate));
    return {all.rate, {all.samples.begin(), all.samples.begin() + count}};
}
