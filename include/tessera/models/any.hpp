// A model whose family is known only at run time, and an encoder likewise.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include "tessera/model/encoder_model.hpp"
#include "tessera/model/language_model.hpp"

namespace tessera::inline TESSERA_ABI::models {

// One virtual call per forward pass.
template <class Model>
class any_of {
public:
    any_of() = default;
    template <std::derived_from<Model> M>
    explicit any_of(M model) : model_(std::make_unique<M>(std::move(model))) {}

    explicit operator bool() const { return model_ != nullptr; }
    const Model& operator*() const { return *model_; }
    const Model* operator->() const { return model_.get(); }
    operator const Model&() const { return *model_; }

private:
    std::unique_ptr<const Model> model_;
};

using any = any_of<model::language_model>;
using any_encoder = any_of<model::encoder_model>;

}
