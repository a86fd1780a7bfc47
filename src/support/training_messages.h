#pragma once

#include <cstdint>
#include <string>

#include "support/diagnostic.h"

/// The rows of messages.h about training, whose table they belong to: include that one.
namespace gw::messages {

using S = std::string;
using I = std::int64_t;
using enum Severity;

// Training ---------------------------------------------------------------------------------------------
inline constexpr Message<S> key_missing{"key-missing", Error, "has no '{}'; add it"};
inline constexpr Message<S, S> value_range{"value-range", Error, "is {}, but must be {}"};
inline constexpr Message<> network_empty{"network-empty", Error, "has no layers"};
inline constexpr Message<S, S> wants_image{
    "wants-image", Error, "is a {} layer, which wants (height, width, channels), but its input has shape {}"};
inline constexpr Message<S, S> wants_sequence{
    "wants-sequence", Error, "is a {} layer, which wants (length, channels), but its input has shape {}"};
inline constexpr Message<S> reads_later{"reads-later", Error,
                                        "is '{}', which does not come before it; a layer reads what does"};
inline constexpr Message<> layer_unused{"layer-unused", Error,
                                        "is read by no layer; name it in the 'from' of one, or leave it out"};
inline constexpr Message<S, S> merge_shapes{
    "merge-shapes", Error, "reads layers of different shapes, {}; they must be the same, {}"};
inline constexpr Message<S, S> wants_flat{
    "wants-flat", Error,
    "is a {} layer, which wants a flat input, but it has shape {}; put a flatten before it"};
inline constexpr Message<> softmax_not_last{"softmax-not-last", Error,
                                            "is a softmax, which can only be the last layer"};
inline constexpr Message<> softmax_missing{
    "softmax-missing", Error,
    "is the last layer, but a network is trained on classes: end it with a softmax"};
inline constexpr Message<> softmax_regresses{
    "softmax-regresses", Error,
    "is a softmax, which tells classes apart, but the loss is mean_squared_error; leave one of them out"};
inline constexpr Message<S> answer_not_flat{
    "answer-not-flat", Error,
    "is the last layer and answers {}; the answers must be flat: put a flatten behind it"};
inline constexpr Message<S> bias_cancelled{
    "bias-cancelled", Error, "has a bias, which the batch norm '{}' after it cancels; say 'bias: false'"};
inline constexpr Message<> nothing_trained{"nothing-trained", Error, "has no layer with weights to train"};
inline constexpr Message<S> samples_missing{"samples-missing", Error, "cannot be trained without {} samples"};
inline constexpr Message<S, I, I, S> samples_size{
    "samples-size", Error, "the {} samples are {} numbers for {} labels, but the network's input is {}"};
inline constexpr Message<S, I, I> samples_targets{
    "samples-targets", Error,
    "the {} samples have {} real numbers each to be answered, but the network answers {}"};
inline constexpr Message<S, S, S> samples_answers{"samples-answers", Error,
                                                  "the {} samples have {}, but the network is trained on {}"};
inline constexpr Message<> study_regresses{
    "study-regresses", Error,
    "is trained on real numbers, but a study tells accuracies of classes; train it by itself"};
inline constexpr Message<S, I, I> samples_label{
    "samples-label", Error, "the {} samples have the label {}, but the network tells {} classes apart"};
inline constexpr Message<S, S, S> checkpoint_other{
    "checkpoint-other", Error,
    "cannot be resumed: its {} is {}, but now {} is asked for; name another folder or ask for the same"};
inline constexpr Message<I, I, S> training_diverged{
    "training-diverged", Error,
    "the loss is no finite number at epoch {}, batch {}, and {}; the last checkpoint is as it was: lower the "
    "learning rate or set training.gradient_clip"};
inline constexpr Message<S, S> quantizer_refused{"quantizer-refused", Error,
                                                 "is '{}', which cannot be trained: {}"};
inline constexpr Message<S> quantizer_missing{
    "quantizer-missing", Error,
    "has no '{}', but other layers are quantised; a network is quantised as a whole or not at all"};
inline constexpr Message<> norm_not_folded{
    "norm-not-folded", Error,
    "is a batch norm in a quantised network that has no convolution or dense right before it to be folded into"};
inline constexpr Message<S, S> pruning_kills{"pruning-kills", Error,
                                             "would be left without a weight at a sparsity of {}; {}"};
inline constexpr Message<> no_learned_bits{
    "no-learned-bits", Error,
    "prices widths, but no quantizer learns any; give some of them learned_bits=weight, channel or tensor"};
inline constexpr Message<S> target_missed{
    "target-missed", Warning,
    "no epoch came to {}; the last one is kept: raise training.bit_cost.beta, train longer or ask for less"};
inline constexpr Message<S> start_refused{"start-refused", Error, "cannot be started from: {}"};
inline constexpr Message<S> samples_needed{"samples-needed", Error,
                                           "looks at validation samples, and there are none: {}"};
inline constexpr Message<> augment_reals{
    "augment-reals", Error, "changes pictures of bytes, but these samples are real numbers; leave it out"};
inline constexpr Message<S, S, S> schedule_cut{"schedule-cut", Warning,
                                               "ends at epoch {}, but the training after epoch {}: {}"};
inline constexpr Message<S> teacher_refused{"teacher-refused", Error, "cannot teach this network: {}"};
inline constexpr Message<S> checkpoint_broken{
    "checkpoint-broken", Error, "cannot be read as a checkpoint: {}; delete the file or train anew"};
inline constexpr Message<S> not_trainable{
    "not-trainable", Error, "is not computed in floating point, which takes layers of a network file: {}"};
inline constexpr Message<> already_quantised{
    "already-quantised", Error,
    "has fixed-point types already; quantise the network in floating point that it was made from"};
inline constexpr Message<> checkpoint_present{
    "checkpoint-present", Error,
    "is there already; go on with that training (--resume), or name another folder or delete this one"};
inline constexpr Message<> checkpoint_absent{
    "checkpoint-absent", Error, "is not there, so there is nothing to resume; train without --resume"};

}  // namespace gw::messages
