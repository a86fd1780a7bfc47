#pragma once

#include <string>
#include <vector>

#include "common/random_stage.h"
#include "schedule/schedule.h"

namespace gw {

/// One stage whose price the model has to tell.
struct CostDesign {
  std::string name;
  Part part;
  StageDesign stage;
};

/// What a row of the table below asks for.
struct CostRow {
  const char* part;
  const char* layer;  ///< conv, dense, pool, softmax, relu
  int channels, outputs, input_bits, weight_bits;
  const char* result;   ///< "exact", or what follows the sum: "wrap", "saturate", "relu"
  std::int64_t clocks;  ///< a window
};

inline std::vector<CostRow> cost_rows() {
  return {
      {"xcu250-figd2104-2L-e", "conv", 1, 4, 8, 4, "exact", 1},
      {"xcu250-figd2104-2L-e", "conv", 1, 8, 8, 6, "exact", 1},
      {"xcu250-figd2104-2L-e", "conv", 1, 16, 8, 8, "wrap", 1},
      {"xcu250-figd2104-2L-e", "conv", 1, 16, 16, 16, "terms", 1},
      {"xcu250-figd2104-2L-e", "conv", 4, 4, 6, 6, "saturate", 1},
      {"xcu250-figd2104-2L-e", "conv", 4, 8, 4, 4, "relu", 1},
      {"xcu250-figd2104-2L-e", "conv", 8, 4, 8, 5, "wrap", 1},
      {"xcu250-figd2104-2L-e", "conv", 8, 8, 6, 6, "relu", 4},
      {"xcu250-figd2104-2L-e", "conv", 16, 16, 16, 16, "wrap", 6},
      {"xcu250-figd2104-2L-e", "conv", 8, 8, 16, 12, "terms", 8},
      {"xcu250-figd2104-2L-e", "dense", 16, 16, 8, 6, "exact", 1},
      {"xcu250-figd2104-2L-e", "dense", 32, 8, 8, 8, "relu", 1},
      {"xcu250-figd2104-2L-e", "dense", 32, 16, 12, 6, "saturate", 1},
      {"xcu250-figd2104-2L-e", "dense", 64, 5, 4, 4, "wrap", 1},
      {"xcu250-figd2104-2L-e", "dense", 16, 10, 16, 16, "terms", 1},
      {"xcu250-figd2104-2L-e", "dense", 64, 32, 16, 8, "relu", 200},
      {"xcu250-figd2104-2L-e", "dense", 48, 24, 16, 16, "wrap", 784},
      {"xcu250-figd2104-2L-e", "dense", 16, 10, 6, 6, "saturate", 8},
      {"xcu250-figd2104-2L-e", "pool", 8, 8, 8, 0, "exact", 1},
      {"xcu250-figd2104-2L-e", "pool", 16, 16, 16, 0, "exact", 1},
      {"xcu250-figd2104-2L-e", "pool", 12, 12, 6, 0, "saturate", 1},
      {"xcu250-figd2104-2L-e", "relu", 16, 16, 16, 0, "saturate", 1},
      {"xcu250-figd2104-2L-e", "relu", 8, 8, 12, 0, "wrap", 1},
      {"xcu250-figd2104-2L-e", "softmax", 10, 10, 16, 0, "wrap", 1},
      {"xcu250-figd2104-2L-e", "softmax", 5, 5, 10, 0, "wrap", 1},
      {"xc7z020clg400-1", "conv", 1, 8, 8, 6, "exact", 1},
      {"xc7z020clg400-1", "conv", 4, 4, 8, 8, "relu", 1},
      {"xc7z020clg400-1", "dense", 16, 16, 8, 8, "saturate", 1},
      {"xc7z020clg400-1", "dense", 64, 16, 8, 8, "wrap", 128},
      {"xc7z020clg400-1", "pool", 8, 8, 12, 0, "exact", 1},
      {"xc7z020clg400-1", "softmax", 10, 10, 12, 0, "wrap", 1},
      {"lfe5u-25f-6bg381c", "conv", 1, 8, 8, 6, "exact", 1},
      {"lfe5u-25f-6bg381c", "conv", 4, 4, 6, 6, "relu", 1},
      {"lfe5u-25f-6bg381c", "dense", 16, 16, 8, 6, "saturate", 1},
      {"lfe5u-25f-6bg381c", "dense", 64, 16, 8, 8, "wrap", 128},
      {"lfe5u-25f-6bg381c", "pool", 8, 8, 8, 0, "exact", 1},
      {"lfe5u-25f-6bg381c", "relu", 8, 8, 12, 0, "saturate", 1},
      {"ice40hx8k-ct256", "conv", 1, 8, 8, 6, "exact", 1},
      {"ice40hx8k-ct256", "conv", 4, 4, 6, 6, "relu", 1},
      {"ice40hx8k-ct256", "dense", 16, 10, 8, 6, "saturate", 1},
      {"ice40hx8k-ct256", "dense", 32, 10, 8, 6, "wrap", 320},
      {"ice40hx8k-ct256", "dense", 16, 4, 4, 4, "relu", 1},
      {"ice40hx8k-ct256", "pool", 8, 8, 8, 0, "exact", 1},
      {"ice40hx8k-ct256", "relu", 8, 8, 12, 0, "saturate", 1},
      {"ice40hx8k-ct256", "softmax", 5, 5, 8, 0, "wrap", 1},
  };
}

inline CostDesign cost_design(const CostRow& row, std::uint64_t seed) {
  Random random(seed);
  const std::string layer = row.layer, result = row.result;
  const FixedType type{row.input_bits, row.input_bits / 2, layer == "softmax" || layer == "relu"};
  std::optional<Quantizer> out, terms;
  if (result == "wrap")
    out = Quantizer{{row.input_bits, row.input_bits / 2, true}, Rounding::Trn, Overflow::Wrap};
  if (result == "saturate" || result == "relu")
    out = Quantizer{{row.input_bits, row.input_bits / 2, result == "saturate"}, Rounding::Rnd, Overflow::Sat};
  if (result == "terms") out = terms = Quantizer{{16, 6, true}, Rounding::Trn, Overflow::Wrap};

  const bool image = layer == "conv" || layer == "pool" || layer == "relu";
  const Shape shape = image ? Shape{8, 8, row.channels} : Shape{row.channels};
  Stage stage;
  const std::vector<Operand> plain{{{shape, type}, nullptr}};
  if (layer == "conv" || layer == "dense") {
    const FixedType weight_type{row.weight_bits, 1, true};
    const Shape weights =
        layer == "conv" ? Shape{3, 3, row.channels, row.outputs} : Shape{row.channels, row.outputs};
    Tensor weight(weights, weight_type, 1);
    for (std::int64_t i = 0; i < weight.size(); ++i)
      weight.set(i, random.between(weight_type.lowest(), weight_type.highest()) /
                        (std::int64_t{1} << random.below(3)));
    const std::vector<Operand> operands{{{shape, type}, nullptr}, {{weights, weight_type}, &weight}};
    if (layer == "conv") {
      Conv2D conv;
      conv.out = out;
      conv.accumulator = terms;
      stage = lower(conv, operands, *infer(conv, operands));
    } else {
      const Dense dense{out, terms};
      stage = lower(dense, operands, *infer(dense, operands));
    }
  } else if (layer == "pool") {
    MaxPool2D pool;
    pool.out = out;
    stage = lower(pool, plain, *infer(pool, plain));
  } else if (layer == "relu") {
    Relu relu;
    relu.out = out;
    stage = lower(relu, plain, *infer(relu, plain));
  } else {
    Softmax softmax;
    softmax.out = out;
    stage = lower(softmax, plain, *infer(softmax, plain));
  }
  stage.name = layer;
  const Part part = *find_part(row.part);
  const Window& w = stage.windows.front();
  const std::int64_t windows = std::int64_t{w.output_height()} * w.output_width();
  const std::int64_t interval = std::int64_t{w.height} * w.width + windows * (row.clocks - 1);
  Pipeline pipeline;
  pipeline.inputs = {{shape, type}};
  pipeline.input_names = {"x"};
  pipeline.stages = {{stage, {-1}}};
  pipeline.outputs = {0};
  pipeline.output_names = {"y"};
  const auto design =
      schedule("top", pipeline, part, {.clock_ns = row.part[0] == 'x' ? 5.0 : 20.0, .interval = interval});
  GW_CHECK(design);
  return {fmt::format("{} {}x{}, {}x{} bits, {}, {} clk", layer, row.channels, row.outputs, row.input_bits,
                      row.weight_bits, result, row.clocks),
          part, design->stages.front()};
}

}  // namespace gw
