// A circuit's cells as Verilog: a wire or a register each.

#include "backends/verilog/circuit.h"

#include <algorithm>

#include <fmt/format.h>

#include "backends/verilog/choice.h"
#include "backends/verilog/table.h"
#include "backends/verilog/text.h"
#include "support/check.h"

namespace gw::text {

namespace {

// Where the bits of one input of a circuit stand.
struct InputBits {
  std::string wire;
  int low = 0, width = 1;
};

// Element by element of each window, then what lies inside the input, as StageDesign numbers them.
std::vector<InputBits> input_bits(const StageDesign& stage) {
  std::vector<InputBits> inputs;
  for (size_t k = 0; k < stage.streams.size(); ++k) {
    const InputStream& stream = stage.streams[k];
    const int width = std::max(1, stream.type.width);
    for (int e = 0; e < stream.window.elements(); ++e)
      inputs.push_back({fmt::format("window{}", k), e * width, width});
  }
  for (size_t k = 0; k < stage.streams.size(); ++k) {
    const Window& w = stage.streams[k].window;
    for (int p = 0; p < w.kernel_h * w.kernel_w; ++p) inputs.push_back({fmt::format("inside{}", k), p, 1});
  }
  return inputs;
}

// Prints one circuit's cells and remembers which bits of each wire are read.
class CircuitPrinter {
 public:
  explicit CircuitPrinter(const StageDesign& stage)
      : circuit_(stage.circuit),
        read_(circuit_.cells().size(), 0),
        inputs_(input_bits(stage)),
        input_read_(inputs_.size(), 0) {}

  std::string print() {
    for (size_t id = 0; id < circuit_.cells().size(); ++id) cell(static_cast<WireId>(id));
    std::string lines = declarations_ + "\n";
    if (!clocked_.empty())
      lines += "  always @(posedge clk) begin\n    if (advance) begin\n" + clocked_ + "    end\n  end\n";
    return lines + resets_;
  }

  /// All bits of all outputs, the last output first.
  std::string outputs(const StageDesign& stage) {
    std::string list;
    for (int o = stage.output_channels() - 1; o >= 0; --o)
      list += fmt::format(
          "{}{}", list.empty() ? "" : ",\n      ",
          extended(circuit_.outputs()[static_cast<size_t>(o)], 0, std::max(1, stage.output.fixed->width)));
    return list;
  }

  /// Bits that nothing reads, as operands of a reduction.
  std::string unused() const {
    std::string list;
    for (size_t id = 0; id < read_.size(); ++id) {
      const Cell& c = circuit_.cells()[id];
      if (c.kind != CellKind::Constant) list += holes(name(static_cast<WireId>(id)), 0, c.width, read_[id]);
    }
    for (size_t i = 0; i < inputs_.size();) {
      // Neighbours of which nothing is read are told as one.
      size_t end = i;
      while (end < inputs_.size() && input_read_[end] == 0 && inputs_[end].wire == inputs_[i].wire) ++end;
      if (end == i) {
        ++i;
        continue;
      }
      const InputBits& top = inputs_[end - 1];
      list += fmt::format(", {}[{}:{}]", top.wire, top.low + top.width - 1, inputs_[i].low);
      i = end;
    }
    return list;
  }

  /// Bit n: counter -n of the fold is read.
  unsigned phases_used() const { return phases_used_; }

 private:
  static std::string name(WireId id) { return fmt::format("n{}", id); }

  static std::string holes(const std::string& name, int base, int width, std::uint64_t read) {
    std::string list;
    for (int low = 0; low < width;) {
      if ((read >> low) & 1) {
        ++low;
        continue;
      }
      int high = low;
      while (high + 1 < width && !((read >> (high + 1)) & 1)) ++high;
      list += fmt::format(", {}[{}:{}]", name, base + high, base + low);
      low = high + 1;
    }
    return list;
  }

  void mark(WireId id, int low, int width) {
    const std::uint64_t mask = width >= 64 ? ~std::uint64_t{0} : ((std::uint64_t{1} << width) - 1) << low;
    read_[static_cast<size_t>(id)] |= mask;
  }

  // Bits [low, low + width) of a wire, extended by its sign or zeros beyond its top.
  std::string extended(WireId id, int low, int width) {
    const Cell& c = circuit_[id];
    if (c.kind == CellKind::Constant)
      return literal(low >= 63 ? (c.value < 0 ? -1 : 0) : c.value >> low, width);
    const int present = std::min(width, c.width - low);
    if (present <= 0) {  // only the extension is left
      if (!c.is_signed) return literal(0, width);
      mark(id, c.width - 1, 1);
      return fmt::format("{{{}{{{}[{}]}}}}", width, name(id), c.width - 1);
    }
    mark(id, low, present);
    const std::string kept = present == c.width ? name(id)
                             : present == 1     ? fmt::format("{}[{}]", name(id), low)
                                                : fmt::format("{}[{}:{}]", name(id), low + present - 1, low);
    const int missing = width - present;
    if (missing == 0) return kept;
    if (!c.is_signed) return fmt::format("{{{}, {}}}", literal(0, missing), kept);
    return fmt::format("{{{{{}{{{}[{}]}}}}, {}}}", missing, name(id), c.width - 1, kept);
  }

  // An operand of an adder: shifted left, `width` bits.
  std::string shifted(WireId id, int shift, int width) {
    if (shift == 0) return extended(id, 0, width);
    if (shift >= width) return literal(0, width);
    if (circuit_.is_constant(id)) {
      return literal(static_cast<std::int64_t>(static_cast<std::uint64_t>(circuit_[id].value) << shift),
                     width);
    }
    return fmt::format("{{{}, {}}}", extended(id, 0, width - shift), literal(0, shift));
  }

  void assign(WireId id, const std::string& expression) {
    declarations_ += fmt::format("  wire [{}:0] {} = {};\n", circuit_[id].width - 1, name(id), expression);
  }

  // A register at the level where its token is; registers that must not take a bubble look at valid.
  void clocked(WireId id, const std::string& condition, const std::string& expression) {
    declarations_ += fmt::format("  reg [{}:0] {};\n", circuit_[id].width - 1, name(id));
    clocked_ += condition.empty() ? fmt::format("      {} <= {};\n", name(id), expression)
                                  : fmt::format("      if ({}) {} <= {};\n", condition, name(id), expression);
  }

  // A register with a reset that goes before its enable, as parts have it.
  void reset_by(WireId id, const std::string& condition, const std::string& expression) {
    declarations_ += fmt::format("  reg [{}:0] {};\n", circuit_[id].width - 1, name(id));
    resets_ += fmt::format(
        "  always @(posedge clk) begin\n    if (advance && {0}) {1} <= {2};\n    else if (advance) {1} <= {3};\n  end\n",
        condition, name(id), literal(circuit_[id].value, circuit_[id].width), expression);
  }

  // Between wires, mostly, by a selector that names one of them, whatever it is: all there are, or a counter.
  bool is_choice_of_wires(const Cell& mux) const {
    const size_t count = mux.args.size() - 1;
    WireId selector = mux.args[0];
    const bool names_all = count == size_t{1} << circuit_[selector].width;
    while (circuit_[selector].kind == CellKind::Register) selector = circuit_[selector].args[0];
    const Cell& from = circuit_[selector];
    const bool is_counter =
        from.kind == CellKind::Input && from.index < 0 &&
        static_cast<size_t>(phase_count(circuit_.fold, static_cast<Phase>(from.index))) <= count;
    const auto constants = static_cast<size_t>(std::count_if(
        mux.args.begin() + 1, mux.args.end(), [&](WireId option) { return circuit_.is_constant(option); }));
    return (names_all || is_counter) && 2 * constants <= count;
  }

  void cases(WireId id, WireId selector, const std::vector<std::string>& values) {
    const int width = circuit_[selector].width;
    declarations_ += fmt::format("  reg [{}:0] {};\n  always @* begin\n    case ({})\n",
                                 circuit_[id].width - 1, name(id), extended(selector, 0, width));
    for (size_t v = 0; v + 1 < values.size(); ++v) {
      declarations_ += fmt::format("      {}: {} = {};\n", literal(static_cast<std::int64_t>(v), width),
                                   name(id), values[v]);
    }
    declarations_ += fmt::format("      default: {} = {};\n    endcase\n  end\n", name(id), values.back());
  }

  void cell(WireId id) {
    const Cell& c = circuit_[id];
    const auto arg = [&](size_t n) { return c.args[n]; };
    const auto whole = [&](size_t n) { return extended(arg(n), 0, circuit_[arg(n)].width); };
    switch (c.kind) {
      case CellKind::Constant:
        break;
      case CellKind::Input:
        input(id, c);
        break;
      case CellKind::Add:
      case CellKind::Subtract:
        assign(id, fmt::format("{} {} {}", shifted(arg(0), c.shifts[0], c.width),
                               c.kind == CellKind::Add ? '+' : '-', shifted(arg(1), c.shifts[1], c.width)));
        break;
      case CellKind::Multiply:
        for (size_t n = 0; n < 2; ++n) {
          declarations_ += fmt::format("  wire signed [{}:0] {}_{} = {};\n", c.width - 1, name(id), "ab"[n],
                                       extended(arg(n), 0, c.width));
        }
        assign(id, fmt::format("{0}_a * {0}_b", name(id)));
        break;
      case CellKind::Slice:
        assign(id, c.shifts[0] >= 0 ? extended(arg(0), c.shifts[0], c.width)
                                    : shifted(arg(0), -c.shifts[0], c.width));
        break;
      case CellKind::Less: {
        // One bit more than the wider operand, so that a signed comparison is right for unsigned operands
        // too.
        const int width = 1 + std::max(circuit_[arg(0)].width, circuit_[arg(1)].width);
        assign(id, fmt::format("$signed({}) < $signed({})", extended(arg(0), 0, width),
                               extended(arg(1), 0, width)));
        break;
      }
      case CellKind::Equal:
        assign(id, fmt::format("{} == {}", whole(0), literal(c.value, circuit_[arg(0)].width)));
        break;
      case CellKind::And:
        assign(id, fmt::format("{} & {}", whole(0), whole(1)));
        break;
      case CellKind::Or:
        assign(id, fmt::format("{} | {}", whole(0), whole(1)));
        break;
      case CellKind::Not:
        assign(id, fmt::format("~{}", extended(arg(0), 0, c.width)));
        break;
      case CellKind::Any:
        assign(id, fmt::format("|{}", whole(0)));
        break;
      case CellKind::Mux:
        if (c.index == 1 && circuit_[arg(0)].width == 1) {
          assign(id, constant_or(c, whole(0)));
        } else if (c.args.size() == 3) {
          const int width = circuit_[arg(0)].width;
          const std::string first = width == 1 ? fmt::format("!{}", whole(0))
                                               : fmt::format("{} == {}", whole(0), literal(0, width));
          assign(id, fmt::format("({}) ? {} : {}", first, extended(arg(1), 0, c.width),
                                 extended(arg(2), 0, c.width)));
        } else {
          std::vector<std::string> options;
          for (size_t n = 1; n < c.args.size(); ++n) options.push_back(extended(arg(n), 0, c.width));
          if (is_choice_of_wires(c)) {
            declarations_ += choice(name(id), whole(0), options, c.width);
          } else {
            cases(id, arg(0), options);
          }
        }
        break;
      case CellKind::Rom:
        rom(id);
        break;
      case CellKind::TruthTable:
        function(id);
        break;
      case CellKind::BlockRom:
        block_rom(id);
        break;
      case CellKind::Register:
        if (c.args.size() > 1) {
          reset_by(id, whole(1), whole(0));
        } else {
          clocked(id, "", whole(0));
        }
        break;
      case CellKind::Accumulate:
        accumulate(id);
        break;
      case CellKind::Capture:
        clocked(id, fmt::format("valid[{}] && {}", c.level - 1, whole(1)), whole(0));
        break;
    }
  }

  // A choice between a constant and something else, bit by bit in gates.
  std::string constant_or(const Cell& c, const std::string& selector) {
    const bool is_first = circuit_.is_constant(c.args[1]);
    const auto all_bits = [&](bool when_constant) {
      return fmt::format("{{{}{{{}{}}}}}", c.width, when_constant == is_first ? "!" : "", selector);
    };
    const WireId constant = c.args[is_first ? 1 : 2];
    const std::string other = extended(c.args[is_first ? 2 : 1], 0, c.width);
    if (wrapped(circuit_[constant].value, c.width, true) == -1)
      return fmt::format("{} | {}", other, all_bits(true));
    const std::string masked = fmt::format("{} & {}", other, all_bits(false));
    if (circuit_[constant].value == 0) return masked;
    return fmt::format("({}) | ({} & {})", masked, extended(constant, 0, c.width), all_bits(true));
  }

  void function(WireId id) {
    const Cell& c = circuit_[id];
    const auto& words = circuit_.roms()[static_cast<size_t>(c.index)];
    std::vector<std::string> address;
    for (const WireId part : c.args) {
      for (int i = 0; i < circuit_[part].width; ++i) {
        const size_t other = size_t{1} << address.size();
        bool is_read = false;
        for (size_t a = 0; a < words.size() && !is_read; ++a) is_read = words[a] != words[a ^ other];
        address.push_back(is_read ? extended(part, i, 1) : "");
      }
    }
    declarations_ += truth_table(name(id), address, words, c.width);
  }

  void rom(WireId id) {
    const Cell& c = circuit_[id];
    const auto& values = circuit_.roms()[static_cast<size_t>(c.index)];
    const int address_bits = circuit_[c.args[0]].width;
    if (is_in_pieces(circuit_, c)) {
      declarations_ +=
          tables_.print(name(id), extended(c.args[0], 0, address_bits), address_bits, values, c.width);
      return;
    }
    std::vector<std::string> words;
    for (const std::int64_t value : values) words.push_back(literal(value, c.width));
    cases(id, c.args[0], words);
  }

  // Sums that take turns move through a ring: the newest is the cell's value, the oldest is added to next.
  void accumulate(WireId id) {
    const Cell& c = circuit_[id];
    mark(id, 0, c.width);
    const std::string condition = fmt::format("valid[{}]", c.level - 1);
    std::string oldest = name(id);
    for (int turn = 1; turn < c.index; ++turn) {
      const std::string next = fmt::format("{}_{}", name(id), turn);
      declarations_ += fmt::format("  reg [{}:0] {};\n", c.width - 1, next);
      clocked_ += fmt::format("      if ({}) {} <= {};\n", condition, next, oldest);
      oldest = next;
    }
    clocked(id, condition, fmt::format("{} + {}", extended(c.args[0], 0, c.width), goes_on_from(c, oldest)));
  }

  // What an accumulator adds to: its start value, or its oldest sum. The first operand of a carry chain has
  // to be there as a wire while the second may be any logic, and of two that are equally wide Yosys takes for
  // the first what is made of fewer pieces (its pass alumacc). So this choice comes in more pieces than what
  // is added. If that is a product the choice stays whole: multiplier blocks have it inside.
  std::string goes_on_from(const Cell& c, const std::string& oldest) {
    const std::string is_first = extended(c.args[1], 0, circuit_[c.args[1]].width);
    const WireId added = lowest_bits_of(c.args[0]);
    const int repeated_signs = std::max(0, c.width - circuit_[added].width);
    const int pieces = is_product(added) ? 1 : std::min(c.width, repeated_signs + 3);
    std::string list;
    for (int piece = 0; piece < pieces; ++piece) {
      const int low = piece * c.width / pieces, width = (piece + 1) * c.width / pieces - low;
      list = fmt::format("{} ? {} : {}{}", is_first, extended(c.args[2], low, width),
                         bits_above(oldest, low - c.shifts[0], width), list.empty() ? "" : ", " + list);
    }
    return pieces == 1 ? "(" + list + ")" : "{" + list + "}";
  }

  // `width` bits of a register from `low` on, zeros below its lowest.
  static std::string bits_above(const std::string& name, int low, int width) {
    if (low + width <= 0) return literal(0, width);
    const std::string there = fmt::format("{}[{}:{}]", name, low + width - 1, std::max(low, 0));
    return low >= 0 ? there : fmt::format("{{{}, {}}}", there, literal(0, -low));
  }

  // The wire whose lowest bits these are, or that wire with its sign repeated.
  WireId lowest_bits_of(WireId id) const {
    while (circuit_[id].kind == CellKind::Slice && circuit_[id].shifts[0] == 0) id = circuit_[id].args[0];
    return id;
  }

  // A product, perhaps some clocks later.
  bool is_product(WireId id) const {
    while (circuit_[id].kind == CellKind::Register) id = lowest_bits_of(circuit_[id].args[0]);
    return circuit_[id].kind == CellKind::Multiply;
  }

  // Tables that are read at the same address in the same clock stand side by side in one memory, since blocks
  // are wide: the first of them declares it.
  void block_rom(WireId id) {
    const Cell& c = circuit_[id];
    std::vector<WireId> group;
    int width = 0;
    for (WireId other = 0; other < static_cast<WireId>(circuit_.cells().size()); ++other) {
      const Cell& o = circuit_[other];
      if (o.kind != CellKind::BlockRom || o.args[0] != c.args[0]) continue;
      group.push_back(other);
      width += o.width;
    }
    if (group.front() != id) return;
    const int address_bits = circuit_[c.args[0]].width;
    const auto words = circuit_.roms()[static_cast<size_t>(c.index)].size();
    declarations_ += fmt::format(
        "  (* rom_style = \"block\" *)\n  reg [{0}:0] {1}_words [0:{2}];\n  reg [{0}:0] {1}_word;\n  initial begin\n",
        width - 1, name(id), words - 1);
    for (size_t word = 0; word < words; ++word) {
      std::string bits;
      for (size_t g = group.size(); g-- > 0;) {
        const Cell& o = circuit_[group[g]];
        bits += (bits.empty() ? "" : ", ") +
                literal(circuit_.roms()[static_cast<size_t>(o.index)][word], o.width);
      }
      declarations_ += fmt::format("    {}_words[{}] = {{{}}};\n", name(id), word, bits);
    }
    declarations_ += "  end\n";
    clocked_ +=
        fmt::format("      {0}_word <= {0}_words[{1}];\n", name(id), extended(c.args[0], 0, address_bits));
    int low = 0;
    for (const WireId member : group) {
      const int bits = circuit_[member].width;
      assign(member, fmt::format("{}_word[{}:{}]", name(id), low + bits - 1, low));
      low += bits;
    }
  }

  void input(WireId id, const Cell& c) {
    switch (c.index) {
      case static_cast<int>(Phase::Inner):
        assign(id, "inner");
        break;
      case static_cast<int>(Phase::Outer):
        assign(id, "outer");
        break;
      case static_cast<int>(Phase::Whole):
        assign(id, "whole");
        break;
      case static_cast<int>(Phase::Position):
        assign(id, "position");
        break;
      default: {
        const InputBits& bits = inputs_[static_cast<size_t>(c.index)];
        input_read_[static_cast<size_t>(c.index)] = ~std::uint64_t{0};
        assign(id, fmt::format("{}[{}:{}]", bits.wire, bits.low + c.width - 1, bits.low));
        return;
      }
    }
    phases_used_ |= 1u << -c.index;
  }

  const Circuit& circuit_;
  std::vector<std::uint64_t> read_;
  std::vector<InputBits> inputs_;
  std::vector<std::uint64_t> input_read_;
  std::string declarations_, clocked_, resets_;
  TablePrinter tables_;
  unsigned phases_used_ = 0;
};

}  // namespace

bool PrintedCircuit::uses(Phase which) const { return phases_used & (1u << -static_cast<int>(which)); }

PrintedCircuit print_circuit(const StageDesign& stage) {
  CircuitPrinter printer(stage);
  PrintedCircuit printed;
  printed.cells = printer.print();
  printed.outputs = printer.outputs(stage);
  printed.unused = printer.unused();
  printed.phases_used = printer.phases_used();
  return printed;
}

}  // namespace gw::text
