// Divides the logits: below one sharpens, above one flattens.
#pragma once

#include <string>

#include "tessera/core/error.hpp"
#include "tessera/sample/row.hpp"

namespace tessera::inline TESSERA_ABI::sample {

class temperature {
public:
    // Throws errc::argument unless value > 0 (for zero, use greedy).
    explicit temperature(float value) : scale_(1.0f / value) {
        if (!(value > 0.0f))
            throw error(errc::argument, "temperature must be positive",
                        {.subject = "temperature", .found = std::to_string(value)});
    }

    void operator()(const row& r) const {
        for (float& x : r.logits) x *= scale_;
    }

private:
    float scale_;
};

}
