// Forward and backward through a list of blocks (block.h).
//
// Batch norm needs the statistics of a whole batch, so a step is a row of phases with one meeting of all
// threads after each: forward through one block, the loss, backward through one block. Within a phase the
// batch is cut into chunks that stay in a core's cache while product, sums, pool and gradients work on them.
//
// What is kept between phases is small. Of a block only p is stored, its pooled result before batch norm and
// rectifier; the next block's input is made from it on the fly, once going forward and once going backward.
// The large tensor x before the pool is kept only where computing it again would take longer
// (Block::recomputes_x). Batch norm's backward pass needs two sums over the gradient; since that gradient is
// zero except where a pool picked its maximum, both are sums over the pooled tensor, taken as soon as the
// block after has produced it. With m1 = mean(g), m2 = mean(g * x^), x^ = (x - mean) / deviation, the
// gradient before it is (Ioffe, Szegedy 2015)
//   dx = scale * (g - m1 - x^ * m2) = scale * g + slope * x + offset,
// one multiplication and addition per element. Ties in a pool go to the first place, as in Keras.
//
// A quantised network takes the same road with quantised weights (quantised_layer.h) and activations. A batch
// norm is folded into the weights w before they are quantised, with its running statistics, as QKeras's
// QConv2DBatchnorm does; there the batch's own statistics, by which the output is corrected, come from a
// second convolution with unquantised weights. Here they are taken from the quantised one, which is as good
// and costs nothing: with y = Q(f w) * in, f the factor of folding and r the shrinkage of the weights by Q,
//   mean = mean(y) / f,   variance = var(y) / (f r)^2,
//   out = r |gamma| * (y - mean(y)) / sqrt(var(y) + epsilon (f r)^2) + beta
// is QKeras's output for r and f as they are, and has r |gamma| as its deviation, which is what inference,
// out = y + Q(beta - f * running mean), has once the running statistics have come to rest.
//
// Where an answer has several readers, its gradient is the sum of what comes from each. Stages go backward in
// their order, so the last reader writes it, the others add to it, and the first, which is the last to come,
// passes it through the activation.
//
// Everything that is summed over chunks is summed per chunk and then in the order of the chunks, and chunks
// depend on the network and batch size alone: the same bits on any number of threads, in whatever order they
// get there.

#include "train/model.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <utility>

#include "support/check.h"
#include "support/random.h"
#include "support/threads.h"
#include "train/bit_cost.h"
#include "train/loss.h"
#include "train/stage.h"
#include "train/team.h"

namespace gw::train {

namespace {

// What one thread needs for itself: the chunk's input, its x and the gradient there; where blocks join, one
// of several inputs or its gradient; what a function is computed in.
struct Lane {
  Floats in, x, dx, part, scratch;
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void Score::add(const Score& other) {
  loss_sum += other.loss_sum;
  correct += other.correct;
  count += other.count;
  error_sum += other.error_sum;
}

struct Model::State {
  const Kernels& loops = kernels();
  int outputs, batch;
  LossSpec loss_spec;
  bool is_binary;
  Team team;
  std::int64_t image_bytes;
  std::array<float, 256> pixel_values;  // what a pixel byte is to the network
  std::optional<Quantizer> input;       // of a quantised network
  int in_fraction = 0;                  // and its bits behind the point
  double in_bits = 0;                   // and how many they are
  bool exact = true;                    // single precision holds every sum of the weights at hand
  bool frozen = false;                  // batch norm uses its running statistics and leaves them
  std::vector<Stage> stages;
  std::vector<int> first_reader, last_reader;  // of each stage's answer
  std::vector<Lane> lanes;
  std::vector<Score> scores;  // per chunk of the loss
  double loss_seconds = 0;

  // The batch at hand.
  const Samples* samples = nullptr;
  std::span<const std::int32_t> order;
  int images = 0;
  bool training = false;
  std::uint64_t noise = 0;
  std::span<const float> teacher;  // its logits, or none

  State(const Network& network, int most, int wanted_threads)
      : outputs(network.outputs()),
        batch(most),
        loss_spec{.label_smoothing = network.label_smoothing},
        is_binary(network.is_binary()),
        team(wanted_threads > 0 ? wanted_threads : hardware_threads()),
        image_bytes(element_count(network.input)) {
    if (network.distillation) {
      loss_spec.teacher_weight = network.distillation->weight;
      loss_spec.temperature = network.distillation->temperature;
    }
    for (size_t i = 0; i < pixel_values.size(); ++i)
      pixel_values[i] = static_cast<float>(static_cast<double>(i) / network.divide_by);
    if (network.is_quantised()) {
      input = input_type(*network.input_quantizer);
      in_fraction = input->to.fraction();
      in_bits = input->to.width;
      for (float& value : pixel_values) value = seen(value);
    }
    const std::vector<Block> blocks = make_blocks(network, batch);
    first_reader.assign(blocks.size(), -1);
    last_reader = first_reader;
    bool joins = false;
    for (size_t s = 0; s < blocks.size(); ++s) {
      joins = joins || blocks[s].join != Join::None;
      for (const int source : blocks[s].from) {
        if (source < 0) continue;
        const auto at = static_cast<size_t>(source);
        joins = joins || first_reader[at] >= 0;
        if (first_reader[at] < 0) first_reader[at] = static_cast<int>(s);
        last_reader[at] = static_cast<int>(s);
      }
    }
    size_t in = 0, x = 0;
    int largest_chunk = 1;
    for (const Block& block : blocks) {
      in = std::max(in, static_cast<size_t>(block.chunk * block.in_size));
      x = std::max(x, static_cast<size_t>(block.chunk * block.x_size()));
      largest_chunk = std::max(largest_chunk, block.chunk);
    }
    // A last chunk that is not full is worked on as if it were; there is room for it.
    const auto rows = static_cast<size_t>((batch + largest_chunk - 1) / largest_chunk * largest_chunk);
    for (const Block& block : blocks) {
      stages.emplace_back(block, rows, team.lanes());
    }
    lanes.resize(static_cast<size_t>(team.lanes()));
    for (Lane& lane : lanes) {
      lane.in.resize(in);
      lane.x.resize(x);
      lane.dx.resize(x);
      if (joins) lane.part.resize(in);
    }
    scores.resize(rows);
  }

  // What a number of the input is to the network.
  float seen(float value) const {
    if (!input) return value;
    return static_cast<float>(to_double(quantize(*input, static_cast<double>(value)), in_fraction));
  }

  // Calls work(lane, chunk, first image, images) for every chunk, each on one thread, and adds the time to
  // `seconds`.
  template <class Work>
  void for_chunks(int chunk, double& seconds, const Work& work) {
    const double start = now();
    const int chunks = (images + chunk - 1) / chunk;
    team.run(chunks, [&](int lane, int i) {
      const int first = i * chunk;
      work(lane, static_cast<size_t>(i), first, std::min(chunk, images - first));
    });
    seconds += now() - start;
  }

  // The network's input for a chunk.
  void make_images(int first, int count, float* to) const {
    for (int i = 0; i < count; ++i) {
      const std::int64_t at = order[static_cast<size_t>(first + i)];
      if (samples->reals.empty()) {
        loops.look_up(samples->pixels.data() + at * image_bytes, image_bytes, pixel_values.data(),
                      to + i * image_bytes);
      } else {
        std::transform(samples->reals.data() + at * image_bytes,
                       samples->reals.data() + (at + 1) * image_bytes, to + i * image_bytes,
                       [&](float value) { return seen(value); });
      }
    }
  }

  // What a stage answers for a chunk; -1: the network's input.
  void make_answer(int source, int first, int count, float* to) const {
    if (source < 0) return make_images(first, count, to);
    stages[static_cast<size_t>(source)].answer(loops, first, count, to);
    drop(static_cast<size_t>(source), first, count, to);
  }

  // The input of a stage for a chunk; zeros for images that are not there.
  const float* make_input(size_t s, Lane& lane, int first, int count) {
    const Block& block = stages[s].block;
    float* to = lane.in.data();
    const auto size = count * block.in_size;
    if (block.join != Join::Concatenate) make_answer(block.from[0], first, count, to);
    if (block.join == Join::Add) {
      for (size_t k = 1; k < block.from.size(); ++k) {
        make_answer(block.from[k], first, count, lane.part.data());
        std::transform(to, to + size, lane.part.data(), to, std::plus<>());
      }
    }
    if (block.join == Join::Concatenate) {
      int at = 0;
      for (size_t k = 0; k < block.from.size(); ++k) {
        make_answer(block.from[k], first, count, lane.part.data());
        const int part = block.parts[k];
        for (std::int64_t pixel = 0; pixel < count * block.shape.pixels(); ++pixel)
          std::copy_n(lane.part.data() + pixel * part, part, to + pixel * block.shape.channels + at);
        at += part;
      }
    }
    std::fill(to + size, to + block.chunk * block.in_size, 0.0f);
    return to;
  }

  // Dropout behind a stage, on values or on their gradients; the same elements each time within a step.
  void drop(size_t s, int first, int count, float* values) const {
    const Block& block = stages[s].block;
    if (!training || block.dropout == 0) return;
    const auto size = static_cast<std::uint64_t>(block.out_size());
    const auto share = static_cast<std::uint64_t>(block.dropout * 0x1p32);
    const auto factor = static_cast<float>(1 / (1 - block.dropout));
    for (int image = 0; image < count; ++image) {
      Random random(noise ^ Random(s << 32 | static_cast<std::uint64_t>(first + image)).bits());
      float* of_image = values + static_cast<std::uint64_t>(image) * size;
      for (std::uint64_t i = 0; i < size; ++i)
        of_image[i] = (random.bits() >> 32) < share ? 0 : of_image[i] * factor;
    }
  }

  // What a quantised network's values need: bits behind the point, and the largest magnitude.
  struct Reach {
    int fraction;
    double bound;
  };
  Reach reach_of(const Block& block) const {
    Reach all{in_fraction, 0};
    for (const int source : block.from) {
      Reach one{in_fraction, input ? std::ldexp(1.0, input->to.integer - (input->to.is_signed ? 1 : 0)) : 0};
      if (source >= 0) {
        const Stage& stage = stages[static_cast<size_t>(source)];
        one = {stage.fraction, stage.bound};
      }
      if (source == block.from[0]) all.fraction = one.fraction;
      all.fraction = std::max(all.fraction, one.fraction);
      all.bound = block.join == Join::Add ? all.bound + one.bound : std::max(all.bound, one.bound);
    }
    return all;
  }

  void load_weights(const Parameters& parameters) {
    exact = true;
    for (Stage& stage : stages) {
      const Block& block = stage.block;
      Reach reach = reach_of(block);
      if (stage.quantised) {
        stage.quantised->load(parameters, reach.fraction);
        reach = {stage.quantised->fraction(), stage.quantised->bound(reach.bound)};
        stage.linear->set_weights(stage.quantised->weights().data());
      } else if (block.average) {
        // A power of two where values are quantised, so that sums stay exact.
        const int pixels = stage.linear->shape().kernel_h * stage.linear->shape().kernel_w;
        const std::vector<float> shares(static_cast<size_t>(stage.linear->shape().weight_count()),
                                        1.0f / static_cast<float>(pixels));
        stage.linear->set_weights(shares.data());
        reach.fraction += static_cast<int>(std::lround(std::log2(pixels)));
      } else if (stage.linear) {
        stage.linear->set_weights(parameters.values(block.weight).data());
      }
      exact = exact && std::ldexp(reach.bound, reach.fraction) <= 0x1p24;
      stage.out_bits = std::ceil(std::log2(std::ldexp(std::max(reach.bound, 0x1p-60), reach.fraction))) + 1;
      stage.activation = activation_of(block, parameters);
      if (block.function) exact = exact && block.function->is_exact(reach.bound, reach.fraction);
      if (block.quantizer) {
        const FixedType type = activation_type(block, parameters).to;
        reach = {type.fraction(), std::ldexp(1.0, type.integer)};
      }
      stage.fraction = reach.fraction;
      stage.bound = reach.bound;
    }
  }

  // Runs a stage on the batch up to its p; with `sums` also those of batch norm.
  void forward(size_t s, const Parameters& parameters, bool sums) {
    Stage& stage = stages[s];
    const Block& block = stage.block;
    for (size_t c = 0; c < stage.channels(); ++c)
      stage.sign[c] = block.norm && !stage.folds() && parameters.values(block.gamma)[c] < 0 ? -1.0f : 1.0f;
    for_chunks(block.chunk, stage.forward_seconds, [&](int thread, size_t chunk, int first, int count) {
      Lane& lane = lanes[static_cast<size_t>(thread)];
      const float* in = make_input(s, lane, first, count);
      float* p = stage.p.data() + first * block.out_size();
      float* x = stage.keeps_x()       ? stage.x.data() + first * block.x_size()
                 : block.shape.pools() ? lane.x.data()
                                       : p;
      if (stage.linear)
        stage.linear->forward(thread, in, x);
      else if (!block.shape.pools())
        std::copy(in, in + count * block.in_size, p);
      const float* source = stage.linear || !block.shape.pools() ? x : in;
      if (block.norm && sums) {
        double* to = stage.sums.data() + chunk * stage.totals.size();
        std::fill(to, to + stage.totals.size(), 0.0);
        loops.channel_sums(source, count * block.shape.pixels(), block.shape.channels, to,
                           to + stage.channels());
      }
      if (block.shape.pools()) loops.pool(source, count, block.shape, stage.sign.data(), p);
    });
  }

  void gate(size_t s, int thread, size_t chunk, int first, int count) {
    drop(s, first, count, stages[s].g.data() + first * stages[s].block.out_size());
    stages[s].gate(loops, chunk, first, count, lanes[static_cast<size_t>(thread)].scratch);
  }

  static constexpr int loss_chunk = 64;

  // The loss and its gradient of the last stage's images; `write` gets each image's logits.
  template <class Write>
  Score loss(bool backward, const Write& write) {
    Stage& last = stages.back();
    const auto size = static_cast<size_t>(outputs);
    for_chunks(loss_chunk, loss_seconds, [&](int thread, size_t chunk, int first, int count) {
      Score score;
      for (int i = first; i < first + count; ++i) {
        float* g = last.g.data() + static_cast<size_t>(i) * size;
        last.answer(loops, i, 1, g);
        drop(stages.size() - 1, i, 1, g);
        write(i, g);
        const std::int64_t sample = order[static_cast<size_t>(i)];
        if (samples->outputs > 0) {
          const Distance distance = distance_of({g, size}, samples->target(sample));
          score.loss_sum += distance.squared;
          score.error_sum += distance.absolute;
        } else if (is_binary) {
          const bool label = samples->labels[static_cast<size_t>(sample)] != 0;
          score.correct += (g[0] > 0) == label ? 1 : 0;
          score.loss_sum += binary_loss_of(backward ? loss_spec.label_smoothing : 0, g[0], label);
        } else {
          const size_t label = samples->labels[static_cast<size_t>(sample)];
          const float* best = std::max_element(g, g + size);
          score.correct += best == g + label ? 1 : 0;
          score.loss_sum +=
              loss_of(backward ? loss_spec : LossSpec{}, {g, size}, label,
                      teacher.empty() ? teacher : teacher.subspan(static_cast<size_t>(i) * size, size));
        }
        for (size_t k = 0; k < size; ++k) g[k] /= static_cast<float>(images);
      }
      score.count = count;
      scores[chunk] = score;
      if (backward) gate(stages.size() - 1, thread, chunk, first, count);
    });
    Score all;
    for (int chunk = 0; chunk * loss_chunk < images; ++chunk) all.add(scores[static_cast<size_t>(chunk)]);
    return all;
  }

  // Gives the gradient dx of a stage's input, or of its x where there is a product, to the answers that it
  // reads, and takes those through their activations of which it is the first reader.
  void pass(size_t s, int thread, size_t chunk, int first, int count, const float* dx) {
    Stage& stage = stages[s];
    const Block& block = stage.block;
    Lane& lane = lanes[static_cast<size_t>(thread)];
    int channel = 0;  // where channels are joined: the first of the source's
    for (size_t k = 0; k < block.from.size(); ++k) {
      const int part = block.join == Join::Concatenate ? block.parts[k] : block.shape.channels;
      const int from = std::exchange(channel, channel + part);
      if (block.from[k] < 0) continue;
      const auto source = static_cast<size_t>(block.from[k]);
      float* g = stages[source].g.data() + first * stages[source].block.out_size();
      const bool writes = last_reader[source] == static_cast<int>(s);
      const auto give = [&](const float* gradient, std::int64_t size, float* to) {
        if (writes)
          std::copy(gradient, gradient + size, to);
        else
          std::transform(to, to + size, gradient, to, std::plus<>());
      };
      if (block.join == Join::Concatenate) {
        for (std::int64_t pixel = 0; pixel < count * block.shape.pixels(); ++pixel)
          give(dx + pixel * block.shape.channels + from, part, g + pixel * part);
      } else if (stage.linear && writes) {
        stage.linear->backward_data(thread, dx, g);
      } else if (stage.linear) {
        stage.linear->backward_data(thread, dx, lane.part.data());
        give(lane.part.data(), count * block.in_size, g);
      } else {
        give(dx, count * block.in_size, g);
      }
      if (first_reader[source] == static_cast<int>(s)) gate(source, thread, chunk, first, count);
    }
  }

  // From g of a stage to the gradients of its parameters and to g of the stages that it reads. `sum_chunk` is
  // the chunk size that its sums were taken with.
  void backward(size_t s, Parameters& parameters, int sum_chunk) {
    Stage& stage = stages[s];
    const Block& block = stage.block;
    stage.set_backward(images, sum_chunk, frozen, parameters);
    const bool passes =
        std::any_of(block.from.begin(), block.from.end(), [](int source) { return source >= 0; });
    if ((!stage.linear || block.average) && !passes) return;
    const auto gradient_size = stage.linear ? static_cast<size_t>(stage.linear->gradient_size()) : 0;
    for_chunks(block.chunk, stage.backward_seconds, [&](int thread, size_t chunk, int first, int count) {
      Lane& lane = lanes[static_cast<size_t>(thread)];
      const float* p = stage.p.data() + first * block.out_size();
      float* g = stage.g.data() + first * block.out_size();
      const float* in = stage.linear || block.recomputes_x() ? make_input(s, lane, first, count) : nullptr;
      float* dx = g;
      if (block.needs_x()) {
        const float* x = block.shape.pools() ? lane.x.data() : p;
        if (stage.keeps_x())
          x = stage.x.data() + first * block.x_size();
        else if (block.recomputes_x() && stage.linear)
          stage.linear->forward(thread, in, lane.x.data());
        else if (block.recomputes_x())
          x = in;
        dx = lane.dx.data();
        loops.spread(x, p, g, count, block.shape, stage.gain.data(), stage.slope.data(), stage.offset.data(),
                     dx);
      }
      std::fill(dx + count * block.x_size(), dx + block.chunk * block.x_size(), 0.0f);
      if (stage.linear && !block.average)
        stage.linear->backward_weights(thread, in, dx, stage.partial.data() + chunk * gradient_size);
      if (passes) pass(s, thread, chunk, first, count, dx);
    });
    if (!stage.linear || block.average) return;
    Floats& sum = stage.gradient;
    std::fill(sum.begin(), sum.end(), 0.0f);
    const auto chunks = static_cast<size_t>((images + block.chunk - 1) / block.chunk);
    for (size_t chunk = 0; chunk < chunks; ++chunk) {
      const float* part = stage.partial.data() + chunk * gradient_size;
      for (size_t i = 0; i < gradient_size; ++i) sum[i] += part[i];
    }
    if (stage.quantised) {
      std::vector<float> by_weights(stage.quantised->weights().size());
      stage.linear->unpack_gradient(sum.data(), by_weights.data());
      stage.quantised->pass_gradient(parameters, by_weights);
    } else {
      stage.linear->unpack_gradient(sum.data(), parameters.gradient(block.weight).data());
    }
  }

  void take(const Samples& from, std::span<const std::int32_t> positions) {
    GW_CHECK(!positions.empty() && static_cast<int>(positions.size()) <= batch);
    samples = &from;
    order = positions;
    images = static_cast<int>(positions.size());
  }

  template <class Write>
  Score infer(const Parameters& parameters, const Samples& from, const Write& write) {
    load_weights(parameters);
    for (Stage& stage : stages) stage.set_affine(images, nullptr, parameters);
    std::vector<std::int32_t> positions(static_cast<size_t>(batch));
    Score all;
    for (std::int64_t first = 0; first < from.count(); first += batch) {
      positions.resize(static_cast<size_t>(std::min<std::int64_t>(batch, from.count() - first)));
      for (size_t i = 0; i < positions.size(); ++i)
        positions[i] = static_cast<std::int32_t>(first) + static_cast<std::int32_t>(i);
      take(from, positions);
      for (size_t s = 0; s < stages.size(); ++s) forward(s, parameters, false);
      all.add(loss(false, [&](int image, const float* logits) { write(first + image, logits); }));
    }
    return all;
  }
};

Model::Model(const Network& network, int batch, int threads)
    : state_(std::make_unique<State>(network, batch, threads)) {}
Model::~Model() = default;

Score Model::gradients(Parameters& parameters, const Samples& samples, std::span<const std::int32_t> order,
                       std::uint64_t noise, std::span<const float> teacher) {
  State& state = *state_;
  state.take(samples, order);
  state.noise = noise;
  state.teacher = teacher;
  state.training = true;
  state.load_weights(parameters);
  for (size_t s = 0; s < state.stages.size(); ++s) {
    state.forward(s, parameters, !state.frozen);
    state.stages[s].set_affine(state.images, state.frozen ? nullptr : &parameters, parameters);
  }
  const Score score = state.loss(true, [](int, const float*) {});
  for (size_t s = state.stages.size(); s-- > 0;) {
    const int reader = state.first_reader[s];
    state.backward(s, parameters,
                   reader < 0 ? State::loss_chunk : state.stages[static_cast<size_t>(reader)].block.chunk);
  }
  state.training = false;
  state.teacher = {};
  if (!state.frozen) ++parameters.steps;
  return score;
}

void Model::adopt_statistics(Parameters& parameters, const Samples& samples,
                             std::span<const std::int32_t> order) {
  State& state = *state_;
  state.take(samples, order);
  state.load_weights(parameters);
  for (size_t s = 0; s < state.stages.size(); ++s) {
    state.forward(s, parameters, true);
    state.stages[s].adopt_statistics(state.images, parameters);
    state.stages[s].set_affine(state.images, nullptr, parameters);
  }
}

bool Model::is_exact(const Parameters& parameters) {
  state_->load_weights(parameters);
  return state_->exact;
}

std::vector<LayerCost> Model::bit_operations(const Parameters& parameters) {
  state_->load_weights(parameters);
  return train::bit_operations(state_->stages, parameters, state_->in_bits);
}

double Model::add_bit_gradient(Parameters& parameters, const BitPrice& price) {
  if (price.is_free()) return 0;
  return train::add_bit_gradient(state_->stages, parameters, state_->in_bits, price);
}

void Model::freeze_statistics(bool frozen) { state_->frozen = frozen; }

std::string Model::first_not_finite() const {
  const State& state = *state_;
  for (const Stage& stage : state.stages) {
    const auto count = static_cast<size_t>(state.images * stage.block.out_size());
    if (!std::all_of(stage.p.begin(), stage.p.begin() + static_cast<std::ptrdiff_t>(count),
                     [](float value) { return std::isfinite(value); }))
      return stage.block.name;
  }
  return "";
}

Score Model::score(const Parameters& parameters, const Samples& samples) {
  return state_->infer(parameters, samples, [](std::int64_t, const float*) {});
}

std::vector<float> Model::logits(const Parameters& parameters, const Samples& samples) {
  const auto size = static_cast<size_t>(state_->outputs);
  std::vector<float> result(static_cast<size_t>(samples.count()) * size);
  state_->infer(parameters, samples, [&](std::int64_t image, const float* values) {
    std::copy(values, values + size, result.begin() + image * static_cast<std::int64_t>(size));
  });
  return result;
}

std::vector<std::pair<std::string, double>> Model::phase_seconds() const {
  std::vector<std::pair<std::string, double>> phases;
  for (const Stage& stage : state_->stages)
    phases.emplace_back("forward " + stage.block.name, stage.forward_seconds);
  phases.emplace_back("loss", state_->loss_seconds);
  for (auto stage = state_->stages.rbegin(); stage != state_->stages.rend(); ++stage)
    phases.emplace_back("backward " + stage->block.name, stage->backward_seconds);
  return phases;
}

}  // namespace gw::train
