// A model whose family is known only at run time.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include "tessera/model/language_model.hpp"

namespace tessera::inline TESSERA_ABI::models {

// One virtual call per forward pass.
class any {
public:
    any() = default;
    template <std::derived_from<model::language_model> M>
    explicit any(M model) : model_(std::make_unique<M>(std::move(model))) {}

    explicit operator bool() const { return model_ != nullptr; }
    const model::language_model& operator*() const { return *model_; }
    const model::language_model* operator->() const { return model_.get(); }
    operator const model::language_model&() const { return *model_; }

private:
    std::unique_ptr<const model::language_model> model_;
};

}
