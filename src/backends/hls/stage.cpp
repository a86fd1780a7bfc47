// Stages as functions of C++.
//
// A stage is a formula, which hls_formula.cpp prints, and a way to bring windows in front of it. Between
// streams there are three. A window of one pixel is what the stream gives. One of the whole frame is
// collected in an array first. Any other slides: rows wait in line buffers, a column of pixels enters the
// registers at a step, and where a position is complete the formula takes what they show, with zeros for what
// lies outside. Rows and columns that the windows reach beyond the picture are steps without a pixel.
//
// A stage whose formula takes several clocks a position must not spend them at the steps that complete no
// window, and streams of several windows move at steps of their own; so there the sliding is a process of its
// own, and hands on whole windows. Where there is one window and a clock a position, both are one function.
//
// With arrays instead of streams a window is gathered from the whole frame, position by position.
//
// Positions are a pipeline, unless the formula is a loop of turns that is one itself.

#include "backends/hls/stage.h"

#include <algorithm>

#include "backends/hls/text.h"
#include "support/check.h"

namespace gw::hls {

namespace {

// How a window comes.
enum class Kind { Pixel, Whole, Sliding };

struct StreamWindow {
  Kind kind = Kind::Pixel;
  Window window;
  int beat_pixels = 1;
};

StreamWindow stream_window(const Window& wanted, const Beats& given) {
  const Seen what = seen(wanted, given);
  const Kind kind = what.window.is_pointwise() ? Kind::Pixel
                    : wanted.is_whole()        ? Kind::Whole
                                               : Kind::Sliding;
  return {kind, what.window, what.beat_pixels};
}

int reach_h(const Window& w) { return (w.kernel_h - 1) * w.dilation_h + 1; }
int reach_w(const Window& w) { return (w.kernel_w - 1) * w.dilation_w + 1; }

std::string window_struct(const std::string& name, const std::string& element, const Window& w) {
  Code code;
  code.open("struct {}", name);
  code.line("typedef {} element;", element);
  code.open("enum");
  const auto number = [&](const char* what, int value) { code.line("{} = {},", what, value); };
  number("height", w.height);
  number("width", w.width);
  number("channels", w.channels);
  number("kernel_h", w.kernel_h);
  number("kernel_w", w.kernel_w);
  number("dilation_h", w.dilation_h);
  number("dilation_w", w.dilation_w);
  number("reach_h", reach_h(w));
  number("reach_w", reach_w(w));
  code.line("lines = {}", std::max(1, reach_h(w) - 1));
  code.close(";");
  code.close(";");
  return "\n" + code.text();
}

// A pragma of the dialect.
template <class... Args>
std::string dialect_pragma(std::string_view format, const Args&... args) {
  return fmt::format(fmt::runtime(format), args...);
}

// "a * row + b" with as little as it takes.
std::string affine(int factor, const std::string& counter, int offset) {
  std::string text = factor == 1 ? counter : fmt::format("{} * {}", factor, counter);
  if (offset > 0) text += fmt::format(" + {}", offset);
  if (offset < 0) text += fmt::format(" - {}", -offset);
  return text;
}

std::vector<std::string> element_types(const StageJob& job) {
  std::vector<std::string> types;
  for (const Source& source : job.sources) types.push_back(source.element);
  return types;
}

class StagePrinter {
 public:
  explicit StagePrinter(const StageJob& job)
      : job_(job),
        stage_(*job.stage),
        formula_(formula_function(stage_, job.name, element_types(job), job.output.element, job.turns)) {
    made_.arrays = formula_.arrays;
    made_.types = formula_.types;
    made_.functions = formula_.text + "\n";
    made_.before.resize(job.sources.size());
  }

  StageText streams() {
    for (size_t k = 0; k < job_.sources.size(); ++k)
      windows_.push_back(stream_window(stage_.windows[k], job_.sources[k].beats));
    const bool slides = std::any_of(windows_.begin(), windows_.end(),
                                    [](const StreamWindow& w) { return w.kind != Kind::Pixel; });
    made_.runs_ahead.assign(windows_.size(), windows_.size() > 1 && slides);
    for (size_t k = 0; k < windows_.size(); ++k) split(k);
    const StreamWindow& first = windows_.front();
    const bool repeats = first.window.repeat_h > 1 || first.window.repeat_w > 1;
    if (windows_.size() == 1 && first.kind == Kind::Sliding && job_.clocks == 1 && !repeats) {
      sliding_function(0, true);
      return made_;
    }
    for (size_t k = 0; k < windows_.size(); ++k) {
      if (windows_[k].kind == Kind::Sliding) sliding_function(k, false);
    }
    position_function();
    return made_;
  }

  StageText arrays(bool is_pipelined_outside) {
    const Window& first = stage_.windows.front();
    const int positions = first.output_height() * first.output_width();
    const auto outputs = static_cast<std::int64_t>(stage_.formula.outputs().size());
    Code code;
    std::string arguments;
    for (size_t k = 0; k < job_.sources.size(); ++k)
      arguments +=
          fmt::format("const {} x{}[{}], ", job_.sources[k].element, k, elements_of(stage_.windows[k]));
    code.open("inline void {}({}{} y[{}])", job_.name, arguments, job_.output.element, positions * outputs);
    if (is_pipelined_outside) code.pragma("INLINE");
    const bool is_one = positions == 1;
    if (is_one && !is_pipelined_outside) pipelined(code);
    if (!is_one) {
      open_positions(code);
      if (!is_pipelined_outside) pipelined(code);
    }
    std::string given;
    for (size_t k = 0; k < job_.sources.size(); ++k) {
      const Window& w = stage_.windows[k];
      const std::string name = window_name(k);
      std::string place = fmt::format("x{}", k);
      const bool is_direct = is_one && w.is_whole();
      if (!is_direct || formula_.asks_inside[k])
        made_.windows += window_struct(name, job_.sources[k].element, w);
      if (!is_direct) {
        place = fmt::format("window{}", k);
        code.line("{} {}[{}];", job_.sources[k].element, place, w.elements());
        code.pragma("ARRAY_PARTITION variable={} complete", place);
        code.line("gw::gather<{}>(x{}, {}, {}, {});", name, k, origin_row(w, is_one),
                  origin_column(w, is_one), place);
      }
      given += place + ", ";
      given += inside(code, k, is_one);
    }
    if (is_one) {
      code.line("{}_formula({}y);", job_.name, given);
    } else {
      code.line("{} out[{}];", job_.output.element, outputs);
      code.pragma("ARRAY_PARTITION variable=out complete");
      code.line("{}_formula({}out);", job_.name, given);
      code.open("for (int n = 0; n < {}; n++)", outputs);
      code.pragma("UNROLL");
      code.line("y[(row * {} + column) * {} + n] = out[n];", first.output_width(), outputs);
      code.close();
      code.close();
      code.close();
    }
    code.close();
    made_.functions += code.text();
    return made_;
  }

 private:
  static std::int64_t elements_of(const Window& w) { return std::int64_t{w.height} * w.width * w.channels; }
  std::string window_name(size_t k) const { return fmt::format("{}_window{}", job_.name, k); }
  std::string pixel_type(size_t k) const { return fmt::format("{}_pixel{}", job_.name, k); }
  std::string windows_type(size_t k) const { return fmt::format("{}_windows{}_beat", job_.name, k); }

  // Around a loop that is pipelined itself there is no pipeline.
  void pipelined(Code& code) const {
    if (formula_.takes_turns) return;
    code.pragma("PIPELINE II={}", job_.clocks);
    if (job_.multipliers > 0) code.pragma("{}", dialect_pragma(job_.dialect->allocation, job_.multipliers));
  }

  void open_positions(Code& code) const {
    const Window& first = stage_.windows.front();
    code.open("for (int row = 0; row < {}; row++)", first.output_height());
    code.open("for (int column = 0; column < {}; column++)", first.output_width());
  }

  // Where a position's window begins in the picture.
  static std::string origin(int repeat, int stride, int pad, const char* counter, bool is_one) {
    if (is_one) return std::to_string(-pad);
    return affine(stride, repeat == 1 ? counter : fmt::format("({} / {})", counter, repeat), -pad);
  }
  static std::string origin_row(const Window& w, bool is_one) {
    return origin(w.repeat_h, w.stride_h, w.pad_top, "row", is_one);
  }
  static std::string origin_column(const Window& w, bool is_one) {
    return origin(w.repeat_w, w.stride_w, w.pad_left, "column", is_one);
  }

  // The bits that tell what lies inside, as an argument more.
  std::string inside(Code& code, size_t k, bool is_one) const {
    if (!formula_.asks_inside[k]) return "";
    const Window& w = stage_.windows[k];
    return inside(code, k, origin_row(w, is_one), origin_column(w, is_one));
  }
  std::string inside(Code& code, size_t k, const std::string& row, const std::string& column) const {
    if (!formula_.asks_inside[k]) return "";
    const Window& w = stage_.windows[k];
    code.line("ap_ufixed<1, 1> inside{}[{}];", k, w.kernel_h * w.kernel_w);
    code.pragma("ARRAY_PARTITION variable=inside{} complete", k);
    code.line("gw::inside<{}>({}, {}, inside{});", window_name(k), row, column, k);
    return fmt::format("inside{}, ", k);
  }

  // Beats of several pixels are cut apart by a process before.
  void split(size_t k) {
    const StreamWindow& w = windows_[k];
    if (w.beat_pixels == 1) return;
    made_.types.emplace_back(pixel_type(k),
                             fmt::format("gw::beat<{}, {}>", job_.sources[k].element, w.window.channels));
    made_.before[k].push_back({fmt::format("gw::split<{}>({{0}}, {{1}})", job_.sources[k].beats.count),
                               pixel_type(k), fmt::format("{}_pixels{}", job_.name, k)});
  }

  std::string beat_type(size_t k) const {
    return windows_[k].beat_pixels == 1 ? job_.sources[k].beat : pixel_type(k);
  }

  // Steps through a picture; at each complete window the formula (`computes`), or the window itself goes out.
  void sliding_function(size_t k, bool computes) {
    const Window& w = windows_[k].window;
    const std::string& element = job_.sources[k].element;
    made_.windows += window_struct(window_name(k), element, w);
    const std::string output = computes ? job_.output.beat : windows_type(k);
    std::string function = job_.name;
    if (!computes) {
      function = fmt::format("{}_windows{}", job_.name, k);
      made_.types.emplace_back(output, fmt::format("gw::beat<{}, {}>", element, w.elements()));
      made_.before[k].push_back({function + "({0}, {1})", output, function + "_stream"});
    }

    // Steps, counted from the first virtual row and column; see schedule/window_scan.cpp.
    const int first_row = reach_h(w) - 1 - w.pad_top, first_column = reach_w(w) - 1 - w.pad_left;
    const int rows = w.output_height() / w.repeat_h, columns = w.output_width() / w.repeat_w;
    const int above = std::max(0, -first_row), left = std::max(0, -first_column);
    const int last_row = above + first_row + (rows - 1) * w.stride_h;
    const int last_column = left + first_column + (columns - 1) * w.stride_w;
    const int steps_h = std::max(above + w.height, last_row + 1);
    const int steps_w = std::max(left + w.width, last_column + 1);
    // Where a row has one window, that goes out again and again; else the row is gone through again.
    const bool replays = w.repeat_h > 1 && columns > 1;
    const int replay = replays ? w.repeat_h : 1, repeat = replays ? w.repeat_w : w.repeat_w * w.repeat_h;
    GW_CHECK(!replays || reach_h(w) == 1);

    Code code;
    code.open("inline void {}(hls::stream<{}>& x, hls::stream<{}>& y)", function, beat_type(k), output);
    code.line("{} lines[{}][{}][{}];", element, std::max(1, reach_h(w) - 1), w.width, w.channels);
    lines_pragmas(code, k);
    code.line("{} registers[{}][{}][{}];", element, w.kernel_h, reach_w(w), w.channels);
    code.pragma("ARRAY_PARTITION variable=registers complete dim=0");
    if (replays) code.line("{} again[{}];", beat_type(k), w.width);
    if (replays || repeat > 1) code.line("{} pixel;", beat_type(k));
    code.line("int next_row = {};", above + first_row);
    code.line("int next_column = {};", left + first_column);
    code.open("for (int row = 0; row < {}; row++)", steps_h);
    if (replays) code.open("for (int replay = 0; replay < {}; replay++)", replay);
    code.open("for (int column = 0; column < {}; column++)", steps_w);
    if (repeat > 1) code.open("for (int repeat = 0; repeat < {}; repeat++)", repeat);
    code.pragma("PIPELINE II=1");

    std::string is_pixel;
    const auto asks = [&](const std::string& condition) {
      is_pixel += (is_pixel.empty() ? "" : " && ") + condition;
    };
    if (repeat > 1) asks("repeat == 0");
    if (replays) asks("replay == 0");
    if (above > 0) asks(fmt::format("row >= {}", above));
    if (above + w.height < steps_h) asks(fmt::format("row < {}", above + w.height));
    if (left > 0) asks(fmt::format("column >= {}", left));
    if (left + w.width < steps_w) asks(fmt::format("column < {}", left + w.width));
    if (is_pixel.empty()) {
      code.line("const {} pixel = x.read();", beat_type(k));
    } else {
      if (!replays && repeat == 1) code.line("{} pixel;", beat_type(k));
      code.line("if ({}) pixel = x.read();", is_pixel);
    }
    if (replays) {
      code.open("if (column >= {} && column < {})", left, left + w.width);
      code.line("if (replay == 0) again[column - {}] = pixel;", left);
      code.line("if (replay > 0) pixel = again[column - {}];", left);
      code.close();
    }
    const std::string shift = fmt::format("gw::shift<{}>(pixel.data, {}, lines, registers);", window_name(k),
                                          affine(1, "column", -left));
    code.line("{}{}", repeat > 1 ? "if (repeat == 0) " : "", shift);

    std::string is_complete = "row == next_row && column == next_column";
    if (last_row + w.stride_h < steps_h) is_complete += fmt::format(" && row <= {}", last_row);
    if (last_column + w.stride_w < steps_w) is_complete += fmt::format(" && column <= {}", last_column);
    code.open("if ({})", is_complete);
    const std::string row = affine(1, "row", -above - (reach_h(w) - 1));
    const std::string column = affine(1, "column", -left - (reach_w(w) - 1));
    if (computes) {
      code.line("{} window[{}];", element, w.elements());
      code.pragma("ARRAY_PARTITION variable=window complete");
      code.line("gw::show<{}>(registers, {}, {}, window);", window_name(k), row, column);
      const std::string more = inside(code, k, row, column);
      code.line("{} out;", output);
      code.line("{}_formula(window, {}out.data);", job_.name, more);
      code.line("y.write(out);");
    } else {
      code.line("{} window;", output);
      code.line("gw::show<{}>(registers, {}, {}, window.data);", window_name(k), row, column);
      code.line("y.write(window);");
    }
    const std::string next = fmt::format("next_column += {};", w.stride_w);
    code.line("{}{}", repeat > 1 ? fmt::format("if (repeat == {}) ", repeat - 1) : "", next);
    code.close();
    if (repeat > 1) code.close();
    code.close();
    code.line("next_column = {};", left + first_column);
    if (replays) code.close();
    code.line("if (row == next_row) next_row += {};", w.stride_h);
    code.close();
    code.close();
    made_.functions += code.text();
    if (!computes) made_.functions += "\n";
  }

  void lines_pragmas(Code& code, size_t k) const {
    const Window& w = windows_[k].window;
    if (reach_h(w) == 1 || job_.sources[k].memory == LineMemory::Registers) {
      code.pragma("ARRAY_PARTITION variable=lines complete dim=0");
      return;
    }
    const bool is_block = job_.sources[k].memory == LineMemory::Block;
    code.pragma("ARRAY_PARTITION variable=lines complete dim=1");
    code.pragma("ARRAY_RESHAPE variable=lines complete dim=3");
    code.pragma("{}", dialect_pragma(job_.dialect->storage, "lines",
                                     is_block ? job_.dialect->block_memory : job_.dialect->lut_memory));
  }

  // Position by position, from windows that are there.
  void position_function() {
    const Window& first = windows_.front().window;
    const int positions = first.output_height() * first.output_width();
    Code code;
    std::string arguments;
    for (size_t k = 0; k < windows_.size(); ++k) {
      const std::string type = windows_[k].kind == Kind::Sliding ? windows_type(k) : beat_type(k);
      arguments += fmt::format("hls::stream<{}>& x{}, ", type, k);
    }
    code.open("inline void {}({}hls::stream<{}>& y)", job_.name, arguments, job_.output.beat);
    for (size_t k = 0; k < windows_.size(); ++k) {
      if (windows_[k].kind == Kind::Whole) collect(code, k);
    }
    const bool is_one = positions == 1;
    const bool asks =
        std::any_of(formula_.asks_inside.begin(), formula_.asks_inside.end(), [](bool a) { return a; });
    // A loop of one turn is where a pipeline can stand.
    if (asks && !is_one) {
      const Window& wanted = stage_.windows.front();
      code.open("for (int row = 0; row < {}; row++)", wanted.output_height());
      code.open("for (int column = 0; column < {}; column++)", wanted.output_width());
    } else {
      code.open("for (int position = 0; position < {}; position++)", positions);
    }
    pipelined(code);
    std::string given;
    for (size_t k = 0; k < windows_.size(); ++k) {
      if (windows_[k].kind == Kind::Whole) {
        given += fmt::format("window{}, ", k);
      } else {
        const std::string type = windows_[k].kind == Kind::Sliding ? windows_type(k) : beat_type(k);
        if (formula_.takes_turns) {
          code.line("const {} beat{} = x{}.read();", type, k, k);
          registers(code, job_.sources[k].element, fmt::format("window{}", k), windows_[k].window.elements());
          copied(code, windows_[k].window.elements(), fmt::format("window{}[n] = beat{}.data[n]", k, k));
          given += fmt::format("window{}, ", k);
        } else {
          code.line("const {} window{} = x{}.read();", type, k, k);
          given += fmt::format("window{}.data, ", k);
        }
      }
      if (formula_.asks_inside[k] && windows_[k].kind != Kind::Sliding)
        made_.windows += window_struct(window_name(k), job_.sources[k].element, stage_.windows[k]);
      given += inside(code, k, is_one);
    }
    code.line("{} out;", job_.output.beat);
    if (formula_.takes_turns) {
      const auto outputs = static_cast<std::int64_t>(stage_.formula.outputs().size());
      registers(code, job_.output.element, "answer", outputs);
      code.line("{}_formula({}answer);", job_.name, given);
      copied(code, outputs, "out.data[n] = answer[n]");
    } else {
      code.line("{}_formula({}out.data);", job_.name, given);
    }
    code.line("y.write(out);");
    if (asks && !is_one) code.close();
    code.close();
    code.close();
    made_.functions += code.text();
  }

  // A loop of turns reads and writes at a counter, so a beat's elements have to be registers of their own.
  static void registers(Code& code, const std::string& element, const std::string& name, std::int64_t count) {
    code.line("{} {}[{}];", element, name, count);
    code.pragma("ARRAY_PARTITION variable={} complete", name);
  }
  static void copied(Code& code, std::int64_t count, const std::string& assignment) {
    code.open("for (int n = 0; n < {}; n++)", count);
    code.pragma("UNROLL");
    code.line("{};", assignment);
    code.close();
  }

  void collect(Code& code, size_t k) const {
    const Window& w = windows_[k].window;
    code.line("{} window{}[{}];", job_.sources[k].element, k, w.elements());
    code.pragma("ARRAY_PARTITION variable=window{} complete", k);
    code.open("for (int beat = 0; beat < {}; beat++)", w.width);
    code.pragma("PIPELINE II=1");
    code.line("const {} pixel = x{}.read();", beat_type(k), k);
    code.open("for (int c = 0; c < {}; c++)", w.channels);
    code.pragma("UNROLL");
    code.line("window{}[beat * {} + c] = pixel.data[c];", k, w.channels);
    code.close();
    code.close();
  }

  const StageJob& job_;
  const Stage& stage_;
  FormulaFunction formula_;
  StageText made_;
  std::vector<StreamWindow> windows_;
};

}  // namespace

std::vector<std::string_view> stage_endings() {
  return {"_t",        "_beat",    "_stream", "_out",        "_formula",  "_weights", "_bias",
          "_weight_t", "_sum_t",   "_term_t", "_window#",    "_windows#", "_pixel#",  "_pixels#",
          "_table#",   "_places#", "_fork#",  "_constants#", "_rest#"};
}

StageText stream_stage(const StageJob& job) { return StagePrinter(job).streams(); }

StageText parallel_stage(const StageJob& job, bool is_pipelined_outside) {
  return StagePrinter(job).arrays(is_pipelined_outside);
}

}  // namespace gw::hls
