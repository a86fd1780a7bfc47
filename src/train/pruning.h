#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/diagnostic.h"
#include "train/parameters.h"

namespace gw::train {

/// Sets the masks of the weights that `spec` prunes so that `sparsity` of them are 0, the smallest first, and
/// those weights to 0. `squares`: of each trained parameter the running means of its squared gradients, as
/// Adam keeps them, for scores that ask for them: w^2 E[g^2] is the diagonal of the empirical Fisher
/// information times w^2 (Theis, Korshunova, Tejani, Huszar 2018). What is pruned already stays so. Of n
/// values, round half to even((1 - sparsity) n) stay, as in TensorFlow Model Optimization (tfmot). A layer
/// that would be left without a weight is an error, and nothing is changed then.
Status prune(const PruningSpec& spec, const Network& network, double sparsity, Parameters& parameters,
             std::span<const std::vector<float>> squares = {});

/// The share that is 0 when training takes step `step` (from 0). Polynomial is tfmot's PolynomialDecay:
///   final + (initial - final) * (1 - (step - begin) / (end - begin))^exponent,
/// initial before begin and final from end on (Zhu, Gupta 2017).
double sparsity_at(const PruningSpec& spec, std::int64_t step, std::int64_t steps_per_epoch);

/// Whether masks are made anew before that step: at begin, every `every_epochs` after it, and at end.
bool prunes_at(const PruningSpec& spec, std::int64_t step, std::int64_t steps_per_epoch);

/// Layers that pruning, or masks that are there already, leave without a weight; what can be known before
/// training.
Diagnostics check_pruning(const Network& network);

/// Sets what is masked to 0.
void apply_masks(Parameters& parameters);
/// And its gradients.
void mask_gradients(Parameters& parameters);

/// The share of the prunable weights that are masked.
double sparsity_of(const Network& network, const Parameters& parameters);

}  // namespace gw::train
