// The top function: a call a stage, and what lies between the calls.
//
// With streams every stage is a process of a dataflow region and every arrow of the network a stream with one
// writer and one reader; what several read is handed on by a process that forks it. The depths are those that
// were computed for the design's FIFOs. They hold here as well where each stage reads its sources pixel by
// pixel. A stage that slides or collects several windows does not read them all at the same time, so there a
// stream holds a whole frame.
//
// With arrays the top function is one pipeline if every stage computes a single position and none takes
// turns, else a dataflow region whose stages are loops.

#include "backends/hls/top.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "backends/hls/stage.h"
#include "backends/hls/text.h"
#include "backends/library.h"
#include "circuit/circuit.h"

namespace gw::hls {

namespace {

constexpr std::string_view port_endings[] = {"_t", "_beat", "_fork#", "_rest#", "_stream", "_elements"};

// What reads a source: input k of a stage, or an output of the network (stage -1).
struct Reader {
  int stage = -1;
  size_t number = 0;
};

class Project {
 public:
  Project(const Design& design, const Pipeline& stages, const HlsOptions& options)
      : design_(design),
        options_(options),
        is_stream_(options.io == HlsIo::Stream),
        network_(is_stream_ ? network_at(stages, design.interval).value() : at_one_pixel(stages)),
        pipeline_(network_.pipeline) {}

  Firmware print() {
    made_.top = names_.take(design_.name);
    const std::vector<std::string_view> endings = stage_endings();
    for (const std::string& name : pipeline_.input_names)
      input_names_.push_back(names_.take(name, port_endings));
    for (const StageLink& link : pipeline_.stages)
      stage_names_.push_back(names_.take(link.stage.name, endings));
    for (const std::string& name : pipeline_.output_names)
      output_names_.push_back(names_.take(pipeline_.outputs.size() == 1 ? "y" : "y_" + name, port_endings));
    find_readers();
    for (size_t s = 0; s < pipeline_.stages.size(); ++s) jobs_.push_back(job(s));
    for (size_t s = 0; s < pipeline_.stages.size(); ++s) stage(s);
    ports();
    defines();
    parameters();
    top();
    for (const auto& [name, text] : hls_library()) made_.files.emplace_back("firmware/" + name, text);
    return made_;
  }

 private:
  // Names of a source, -1 - k being input k.
  const std::string& name_of(int source) const {
    return source < 0 ? input_names_[static_cast<size_t>(-1 - source)]
                      : stage_names_[static_cast<size_t>(source)];
  }
  FixedType type_of_source(int source) const {
    return source < 0 ? *pipeline_.inputs[static_cast<size_t>(-1 - source)].fixed
                      : *pipeline_.stages[static_cast<size_t>(source)].stage.output.fixed;
  }
  Source source(int from) const {
    const std::string& name = name_of(from);
    const Beats beats = from < 0 ? network_.inputs[static_cast<size_t>(-1 - from)]
                                 : beats_of(pipeline_.stages[static_cast<size_t>(from)].stage);
    return {name + "_t", name + "_beat", beats};
  }
  std::int64_t elements(int from) const {
    const Beats beats = source(from).beats;
    return beats.count * beats.elements;
  }

  void find_readers() {
    for (size_t s = 0; s < pipeline_.stages.size(); ++s) {
      const StageLink& link = pipeline_.stages[s];
      for (size_t k = 0; k < link.sources.size(); ++k)
        readers_[link.sources[k]].push_back({static_cast<int>(s), k});
    }
    for (size_t o = 0; o < pipeline_.outputs.size(); ++o) readers_[pipeline_.outputs[o]].push_back({-1, o});
  }

  StageJob job(size_t s) const {
    const StageLink& link = pipeline_.stages[s];
    const StageDesign& scheduled = design_.stages[s];
    StageJob job{&link.stage, stage_names_[s], {}, source(static_cast<int>(s)), 1, {}, 0, options_.dialect};
    for (size_t k = 0; k < link.sources.size(); ++k) {
      job.sources.push_back(source(link.sources[k]));
      job.sources.back().memory = scheduled.streams[k].memory;
    }
    // What the circuit spends on a position; where positions were counted otherwise, nothing is known.
    if (scheduled.positions != beats_of(link.stage).count) return job;
    const Fold& fold = scheduled.circuit.fold;
    job.clocks = phase_count(fold, Phase::Whole);
    if (job.clocks == 1) return job;
    // A circuit that takes a frame beat by beat goes through a beat's elements and then its groups of
    // outputs.
    job.turns =
        fold.positions > 1 ? Turns{fold.positions * fold.outer, fold.inner} : Turns{fold.inner, fold.outer};
    const auto& cells = scheduled.circuit.cells();
    if (std::any_of(cells.begin(), cells.end(),
                    [](const Cell& cell) { return cell.kind == CellKind::BlockRom; }))
      job.turns.storage = options_.dialect->block_rom;
    const auto products = std::count_if(link.stage.formula.exprs().begin(), link.stage.formula.exprs().end(),
                                        [](const Expr& expr) { return expr.kind == ExprKind::Multiply; });
    job.multipliers = static_cast<int>((products + job.clocks - 1) / job.clocks);
    return job;
  }

  void stage(size_t s) {
    const StageLink& link = pipeline_.stages[s];
    const StageJob& job = jobs_[s];
    StageText text = is_stream_ ? stream_stage(job) : parallel_stage(job, is_one_pipeline());
    header(fmt::format("stages/{}.h", stage_names_[s]),
           fmt::format("// {}: {}\n\n#include \"../parameters.h\"\n\n{}", link.stage.name, told(link.stage),
                       text.functions));
    texts_.push_back(std::move(text));
  }

  static std::string told(const Stage& stage) {
    std::string text;
    for (size_t k = 0; k < stage.windows.size(); ++k) {
      const Window& w = stage.windows[k];
      text += fmt::format("{}{}x{}x{} {}", k == 0 ? "" : " and ", w.height, w.width, w.channels,
                          to_string(stage.inputs[k]));
    }
    return text + " -> " + to_string(stage.output);
  }

  // All of the network a clock, or every so many, unless a stage has a loop of its own.
  bool is_one_pipeline() const {
    return std::all_of(jobs_.begin(), jobs_.end(), [](const StageJob& job) {
      return beats_of(*job.stage).count == 1 && !takes_turns(*job.stage, job.turns);
    });
  }

  void ports() {
    const auto port = [&](const std::string& name, int from) {
      const Source of = source(from);
      const int whole = static_cast<int>(elements(from));
      return is_stream_ ? TopPort{name, of.beat, of.beats.count, of.beats.elements}
                        : TopPort{name, of.element, 1, whole};
    };
    for (size_t i = 0; i < pipeline_.inputs.size(); ++i)
      made_.inputs.push_back(port(input_names_[i], -1 - static_cast<int>(i)));
    for (size_t o = 0; o < pipeline_.outputs.size(); ++o)
      made_.outputs.push_back(port(output_names_[o], pipeline_.outputs[o]));
  }

  // A header below firmware/, which is read once.
  void header(const std::string& file, const std::string& text) {
    std::string guard;
    for (const char c : made_.top + "_" + file)
      guard += std::isalnum(static_cast<unsigned char>(c))
                   ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                   : '_';
    made_.files.emplace_back("firmware/" + file,
                             fmt::format("#ifndef {0}\n#define {0}\n\n{1}\n#endif\n", guard, text));
  }

  // Files -----------------------------------------------------------------------------------------------

  void defines() {
    Code code;
    code.line("// Every type of the network. A beat is what a stream carries at a clock.");
    code.line();
    code.line("#include \"gw_utils.h\"");
    code.line();
    const auto types = [&](int from) {
      const Source of = source(from);
      code.line("typedef {} {};", cpp(type_of_source(from)), of.element);
      if (is_stream_) code.line("typedef gw::beat<{}, {}> {};", of.element, of.beats.elements, of.beat);
    };
    for (size_t i = 0; i < pipeline_.inputs.size(); ++i) types(-1 - static_cast<int>(i));
    for (size_t s = 0; s < pipeline_.stages.size(); ++s) {
      code.line();
      code.line("// {}", pipeline_.stages[s].stage.name);
      types(static_cast<int>(s));
      for (const auto& [name, type] : texts_[s].types) code.line("typedef {} {};", type, name);
    }
    header("defines.h", code.text());
  }

  void parameters() {
    Code code;
    code.line("// Weights, tables and the sizes of windows.");
    code.line();
    code.line("#include \"defines.h\"");
    for (const StageText& text : texts_) {
      for (const ConstantArray& array : text.arrays) {
        code.line("#include \"weights/{}.h\"", array.name);
        header(fmt::format("weights/{}.h", array.name), array_text(array));
      }
    }
    for (const StageText& text : texts_) code.add(text.windows);
    header("parameters.h", code.text());
  }

  static std::string array_text(const ConstantArray& array) {
    std::string shape;
    for (const std::int64_t extent : array.extents) shape += fmt::format("[{}]", extent);
    const auto zeros = std::count_if(array.values.begin(), array.values.end(),
                                     [](const std::string& v) { return v == "0" || v == "-0"; });
    std::string text = fmt::format(
        "// {}: {} numbers, {} of them 0.\n\n#include \"../defines.h\"\n\n"
        "static const {} {}{} = ",
        array.what, array.values.size(), zeros, array.type, array.name, shape);
    size_t next = 0;
    const auto level = [&](const auto& self, size_t depth) -> void {
      text += "{";
      for (std::int64_t n = 0; n < array.extents[depth]; ++n) {
        if (n > 0) text += depth + 1 < array.extents.size() ? ",\n    " : n % 16 == 0 ? ",\n    " : ", ";
        if (depth + 1 < array.extents.size()) {
          self(self, depth + 1);
        } else {
          text += array.values[next++];
        }
      }
      text += "}";
    };
    level(level, 0);
    return text + ";\n";
  }

  std::string signature() const {
    std::string arguments;
    const auto argument = [&](const TopPort& port, bool is_input) {
      if (!arguments.empty()) arguments += ", ";
      if (is_stream_) {
        arguments += fmt::format("hls::stream<{}>& {}", port.beat, port.name);
      } else {
        arguments +=
            fmt::format("{}{} {}[{}]", is_input ? "const " : "", port.beat, port.name, port.elements);
      }
    };
    for (const TopPort& port : made_.inputs) argument(port, true);
    for (const TopPort& port : made_.outputs) argument(port, false);
    return fmt::format("void {}({})", made_.top, arguments);
  }

  void top() {
    header(made_.top + ".h", fmt::format("#include \"defines.h\"\n\n{};\n", signature()));
    std::string in, out;
    for (const TensorType& type : pipeline_.inputs) in += (in.empty() ? "" : " and ") + to_string(type);
    for (const int from : pipeline_.outputs)
      out +=
          (out.empty() ? "" : " and ") + to_string(pipeline_.stages[static_cast<size_t>(from)].stage.output);
    body_.line("// {}: {} in, {} out.", design_.name, in, out);
    body_.line();
    body_.line("#include \"{}.h\"", made_.top);
    body_.line();
    for (const std::string& name : stage_names_) body_.line("#include \"stages/{}.h\"", name);
    body_.line();
    body_.open("{}", signature());
    interfaces();
    for (size_t i = 0; i < pipeline_.inputs.size(); ++i) {
      given_[-1 - static_cast<int>(i)] = input_names_[i];
      hand_out(-1 - static_cast<int>(i));
    }
    for (size_t s = 0; s < pipeline_.stages.size(); ++s) call(s);
    body_.close();
    made_.files.emplace_back(fmt::format("firmware/{}.cpp", made_.top), body_.text());
  }

  void interfaces() {
    for (const auto* side : {&made_.inputs, &made_.outputs}) {
      for (const TopPort& port : *side) {
        if (is_stream_) {
          body_.pragma("INTERFACE axis port={}", port.name);
          pack(port.name);
        } else {
          body_.pragma("INTERFACE ap_vld port={}", port.name);
          body_.pragma("ARRAY_PARTITION variable={} complete", port.name);
        }
      }
    }
    if (!is_stream_ && is_one_pipeline()) {
      body_.pragma("PIPELINE II={}", design_.interval);
    } else {
      body_.pragma("DATAFLOW");
    }
    body_.line();
  }

  void pack(const std::string& variable) {
    body_.pragma("{}", fmt::format(fmt::runtime(options_.dialect->packed), variable));
  }

  // A stream or an array between two calls.
  void between(const std::string& name, const std::string& beat, std::int64_t depth, std::int64_t elements) {
    if (is_stream_) {
      body_.line("hls::stream<{}> {}(\"{}\");", beat, name, name);
      body_.pragma("STREAM variable={} depth={}", name, depth);
      pack(name);
    } else {
      body_.line("{} {}[{}];", beat, name, elements);
      body_.pragma("ARRAY_PARTITION variable={} complete", name);
    }
  }

  std::int64_t depth_for(const Reader& reader) const {
    if (reader.stage < 0) return 2;
    const auto s = static_cast<size_t>(reader.stage);
    if (!is_stream_) return 2;
    const std::int64_t scheduled = design_.stages[s].streams[reader.number].fifo_depth;
    if (texts_[s].runs_ahead[reader.number])
      return std::max(scheduled, source(pipeline_.stages[s].sources[reader.number]).beats.count);
    return std::max<std::int64_t>(2, scheduled) + (pipeline_.stages[s].sources.size() > 1 ? 1 : 0);
  }

  // Gives every reader of a source a stream of its own, and remembers which.
  void hand_out(int from) {
    const Source of = source(from);
    const std::string type = is_stream_ ? of.beat : of.element;
    const std::vector<Reader>& readers = readers_[from];
    std::string given = given_.at(from);
    if (readers.empty()) {
      if (is_stream_) body_.line("gw::drain<{}>({});", of.beats.count, given);
      return;
    }
    for (size_t n = 0; n < readers.size(); ++n) {
      const Reader& reader = readers[n];
      const bool is_last = n + 1 == readers.size();
      std::string own = given;
      if (!is_last) {
        const auto stream_for = [&](const Reader& of_reader, const std::string& name) {
          if (of_reader.stage < 0) return output_names_[of_reader.number];
          between(name, type, depth_for(of_reader), elements(from));
          return name;
        };
        own = stream_for(reader, fmt::format("{}_fork{}", name_of(from), n));
        std::string rest;
        if (n + 2 == readers.size()) {
          rest = stream_for(readers.back(), fmt::format("{}_fork{}", name_of(from), n + 1));
        } else {
          rest = fmt::format("{}_rest{}", name_of(from), n);
          between(rest, type, 2, elements(from));
        }
        body_.line("gw::fork<{}>({}, {}, {});", is_stream_ ? of.beats.count : elements(from), given, own,
                   rest);
        given = rest;
      }
      if (reader.stage >= 0) reads_[{reader.stage, reader.number}] = own;
    }
  }

  void call(size_t s) {
    const StageLink& link = pipeline_.stages[s];
    const int number = static_cast<int>(s);
    const std::vector<Reader>& readers = readers_[number];
    const Source of = source(number);
    if (s > 0) body_.line();
    std::string arguments;
    for (size_t k = 0; k < link.sources.size(); ++k) {
      std::string from = reads_.at({number, k});
      if (is_stream_) {
        for (const Process& process : texts_[s].before[k]) {
          between(process.stream, process.beat, 2, 0);
          body_.line("{};", fmt::format(fmt::runtime(process.call), from, process.stream));
          from = process.stream;
        }
      }
      arguments += from + ", ";
    }
    std::string output;
    if (readers.size() == 1 && readers.front().stage < 0) {
      output = output_names_[readers.front().number];
    } else {
      output = stage_names_[s] + (is_stream_ ? "_stream" : "_out");
      between(output, is_stream_ ? of.beat : of.element, readers.size() == 1 ? depth_for(readers.front()) : 2,
              elements(number));
    }
    body_.line("{}({}{});", stage_names_[s], arguments, output);
    trace(link.stage.name, output, number);
    given_[number] = output;
    if (!(readers.size() == 1 && readers.front().stage < 0)) hand_out(number);
  }

  void trace(const std::string& stage, const std::string& values, int from) {
    std::string quoted;
    for (const char c : stage) quoted += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    body_.line("GW_TRACED(\"{}\", {}{})", quoted, values,
               is_stream_ ? "" : fmt::format(", {}", elements(from)));
  }

  const Design& design_;
  const HlsOptions& options_;
  bool is_stream_;
  Paced network_;
  const Pipeline& pipeline_;
  Names names_;
  std::vector<std::string> input_names_, output_names_, stage_names_;
  std::map<int, std::vector<Reader>> readers_;
  std::vector<StageJob> jobs_;
  std::vector<StageText> texts_;
  Firmware made_;
  Code body_;
  std::map<int, std::string> given_;                     // by source: the stream that it writes
  std::map<std::pair<int, size_t>, std::string> reads_;  // by stage and input
};

}  // namespace

Firmware firmware(const Design& design, const Pipeline& stages, const HlsOptions& options) {
  return Project(design, stages, options).print();
}

}  // namespace gw::hls
