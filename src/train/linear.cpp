// Convolutions and dense layers on oneDNN.
//
// The trainer cuts a batch into chunks that fit a core's cache and gives whole chunks to threads, so a
// primitive is made for one chunk and one thread: no barrier inside a layer, and what the layer before left
// in the cache is still there. (One primitive over the whole batch and all threads would move every large
// tensor through memory between any two operations; with batch normalisation, rectifier and pool that costs
// several times the arithmetic.)
//
// Values are channels last throughout, which oneDNN's convolutions take directly; measured here, its blocked
// formats are no faster for so few channels. Only the weights are left to the library's choice (`any`): they
// are reordered once a step, and so is their gradient. Memory objects, scratch pads and argument lists are
// made once.

#include "train/linear.h"

#include <dnnl.hpp>
#include <omp.h>

#include "support/check.h"

namespace gw::train {

namespace {

using dnnl::memory;
using Tag = memory::format_tag;
constexpr auto f32 = memory::data_type::f32;

// oneDNN divides work among the threads that it sees when a primitive is made.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

// One primitive with its argument list; the handles of its arguments are set before each call. The C
// interface takes the list as it stands, the C++ one would build a map per call.
class Call {
 public:
  Call(const dnnl::engine& engine, dnnl::primitive primitive, const memory::desc& scratchpad,
       const std::vector<std::pair<int, memory::desc>>& arguments)
      : primitive_(std::move(primitive)), stream_(engine), scratchpad_(scratchpad, engine) {
    for (const auto& [index, description] : arguments) memories_.emplace_back(description, engine, nullptr);
    for (size_t i = 0; i < arguments.size(); ++i) list_.push_back({arguments[i].first, memories_[i].get()});
    list_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_.get()});
  }
  // The pointers in the order of the arguments.
  void operator()(std::initializer_list<const float*> pointers) {
    size_t i = 0;
    for (const float* pointer : pointers)
      memories_[i++].set_data_handle(const_cast<float*>(pointer), stream_);
    GW_CHECK(dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(list_.size()),
                                    list_.data()) == dnnl_success);
  }

 private:
  dnnl::primitive primitive_;
  dnnl::stream stream_;
  memory scratchpad_;
  std::vector<memory> memories_;
  std::vector<dnnl_exec_arg_t> list_;
};

float* data(const memory& m) { return static_cast<float*>(m.get_data_handle()); }

}  // namespace

struct Linear::State {
  LinearShape shape;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  memory::desc plain, gradient;  // of the weights: ours, and what backward_weights writes
  memory forward_weights, data_weights, weights_view, gradient_view, gradient_out;
  dnnl::reorder to_forward, to_data, from_gradient;
  std::vector<Call> forward, backward_data, backward_weights;

  State(const LinearShape& wanted, int lanes) : shape(wanted) {
    const OneThread alone;
    const memory::dim n = shape.images, ci = shape.channels, co = shape.filters;
    if (shape.dense) {
      const memory::desc x({n, ci}, f32, Tag::nc), y({n, co}, f32, Tag::nc), w({co, ci}, f32, Tag::any);
      plain = memory::desc({co, ci}, f32, Tag::io);
      using Forward = dnnl::inner_product_forward;
      using Data = dnnl::inner_product_backward_data;
      using Weights = dnnl::inner_product_backward_weights;
      const Forward::primitive_desc f({dnnl::prop_kind::forward_training, x, w, y}, user_scratchpad(),
                                      engine);
      make<Data, Weights>(f, Forward(f), Data::desc(x, w, y), Weights::desc(x, w, y), lanes);
    } else {
      const memory::desc x({n, ci, shape.rows, shape.columns}, f32, Tag::nhwc);
      const memory::desc y({n, co, shape.out_rows(), shape.out_columns()}, f32, Tag::nhwc);
      // Filters are in the order of their groups, so the two extents are one to us.
      const memory::dim groups = shape.groups;
      memory::dims extents{co / groups, ci / groups, shape.kernel_h, shape.kernel_w};
      if (groups > 1) extents.insert(extents.begin(), groups);
      const memory::desc w(extents, f32, Tag::any);
      plain = memory::desc(extents, f32, groups > 1 ? Tag::hwigo : Tag::hwio);
      const memory::dims stride{shape.stride_h, shape.stride_w};
      const memory::dims between{shape.dilation_h - 1, shape.dilation_w - 1};  // taps
      const memory::dims before{shape.pad_top, shape.pad_left}, after{shape.pad_bottom, shape.pad_right};
      using Forward = dnnl::convolution_forward;
      using Data = dnnl::convolution_backward_data;
      using Weights = dnnl::convolution_backward_weights;
      const auto direct = dnnl::algorithm::convolution_direct;
      const Forward::primitive_desc f(
          {dnnl::prop_kind::forward_training, direct, x, w, y, stride, between, before, after},
          user_scratchpad(), engine);
      make<Data, Weights>(f, Forward(f), Data::desc(direct, x, w, y, stride, between, before, after),
                          Weights::desc(direct, x, w, y, stride, between, before, after), lanes);
    }
  }

  template <class Data, class Weights, class ForwardDesc>
  void make(const ForwardDesc& f, const dnnl::primitive& forward_primitive,
            const typename Data::desc& data_desc, const typename Weights::desc& weights_desc, int lanes) {
    const typename Weights::primitive_desc w(weights_desc, user_scratchpad(), engine, f);
    const Weights weights_primitive(w);
    for (int lane = 0; lane < lanes; ++lane) {
      forward.emplace_back(engine, forward_primitive, f.scratchpad_desc(),
                           std::vector<std::pair<int, memory::desc>>{{DNNL_ARG_SRC, f.src_desc()},
                                                                     {DNNL_ARG_WEIGHTS, f.weights_desc()},
                                                                     {DNNL_ARG_DST, f.dst_desc()}});
      backward_weights.emplace_back(
          engine, weights_primitive, w.scratchpad_desc(),
          std::vector<std::pair<int, memory::desc>>{{DNNL_ARG_SRC, w.src_desc()},
                                                    {DNNL_ARG_DIFF_DST, w.diff_dst_desc()},
                                                    {DNNL_ARG_DIFF_WEIGHTS, w.diff_weights_desc()}});
    }
    weights_view = memory(plain, engine, nullptr);
    forward_weights = memory(f.weights_desc(), engine);
    to_forward = dnnl::reorder(weights_view, forward_weights);
    gradient = w.diff_weights_desc();
    gradient_view = memory(gradient, engine, nullptr);
    gradient_out = memory(plain, engine, nullptr);
    from_gradient = dnnl::reorder(gradient_view, gradient_out);
    if (!shape.needs_input_gradient) return;
    const typename Data::primitive_desc d(data_desc, user_scratchpad(), engine, f);
    const Data data_primitive(d);
    for (int lane = 0; lane < lanes; ++lane) {
      backward_data.emplace_back(
          engine, data_primitive, d.scratchpad_desc(),
          std::vector<std::pair<int, memory::desc>>{{DNNL_ARG_DIFF_DST, d.diff_dst_desc()},
                                                    {DNNL_ARG_WEIGHTS, d.weights_desc()},
                                                    {DNNL_ARG_DIFF_SRC, d.diff_src_desc()}});
    }
    data_weights = memory(d.weights_desc(), engine);
    to_data = dnnl::reorder(weights_view, data_weights);
  }
};

Linear::Linear(const LinearShape& shape, int lanes) : state_(std::make_unique<State>(shape, lanes)) {}
Linear::~Linear() = default;
Linear::Linear(Linear&&) noexcept = default;
Linear& Linear::operator=(Linear&&) noexcept = default;

void Linear::set_weights(const float* weights) {
  const OneThread alone;
  State& s = *state_;
  s.weights_view.set_data_handle(const_cast<float*>(weights));
  s.to_forward.execute(s.stream, s.weights_view, s.forward_weights);
  if (s.shape.needs_input_gradient) s.to_data.execute(s.stream, s.weights_view, s.data_weights);
}

void Linear::forward(int lane, const float* x, float* y) {
  state_->forward[static_cast<size_t>(lane)]({x, data(state_->forward_weights), y});
}

void Linear::backward_data(int lane, const float* dy, float* dx) {
  state_->backward_data[static_cast<size_t>(lane)]({dy, data(state_->data_weights), dx});
}

void Linear::backward_weights(int lane, const float* x, const float* dy, float* gradient) {
  state_->backward_weights[static_cast<size_t>(lane)]({x, dy, gradient});
}

std::int64_t Linear::gradient_size() const {
  return static_cast<std::int64_t>(state_->gradient.get_size() / sizeof(float));
}

void Linear::unpack_gradient(const float* gradient, float* weights_order) {
  const OneThread alone;
  State& s = *state_;
  s.gradient_view.set_data_handle(const_cast<float*>(gradient));
  s.gradient_out.set_data_handle(weights_order);
  s.from_gradient.execute(s.stream, s.gradient_view, s.gradient_out);
}

const LinearShape& Linear::shape() const { return state_->shape; }

}  // namespace gw::train
