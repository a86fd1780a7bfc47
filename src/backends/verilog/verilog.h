#pragma once

#include "schedule/design.h"
#include "support/files.h"

namespace gw {

/// The whole design as Verilog-2001: one file per module, the top module (`design.name`) first, the library
/// last. The top speaks AXI4-Stream: s_axis_tdata holds one pixel, all channels, channel 0 lowest, each in
/// its type's width, filled up with ignored bits to whole bytes; m_axis_tdata likewise, filled up with zeros;
/// TLAST marks the last beat of a frame. With several inputs (outputs) each has its own s_axis_NAME_*
/// (m_axis_NAME_*). `frame_error` rises and stays if an input's TLAST is ever not where the frame's size
/// says. Reset is synchronous, active low (aresetn).
/// With plain ports (Design::ports) the top has instead `in_valid`, a wire vector per input ("in_NAME", "x"
/// if there is one) with the whole frame, element 0 lowest, `out_valid` and a vector per output ("out_NAME",
/// "y" if there is one): `latency` clocks after a frame stood at the inputs, its answers stand at the
/// outputs. Nothing can be held up.
Files verilog(const Design& design);

/// Of the signals of an AXI4-Stream port: "s_axis_x", or "s_axis" for an only input; "m_axis" likewise.
std::string axis_name(const StreamPort& port, bool is_input);

/// Its pins in a module's list of ports, with a TDATA of `bits` bits.
std::string axis_pins(const std::string& name, int bits, bool is_input);

/// The module of one stage, without the library: streams in, stream out.
std::string verilog_stage(const StageDesign& stage);

/// The module of one stage of a design with plain ports: wires in, wires out, always moving.
std::string verilog_plain_stage(const StageDesign& stage);

/// Modules that a stage needs to be synthesised alone: itself and the library blocks it uses.
Files verilog_stage_files(const StageDesign& stage);

/// What a FIFO holds.
struct FifoShape {
  int depth = 2, bits = 1;
};

/// FIFOs side by side in a module `top`, each with ports of its own, for synthesis alone.
Files verilog_fifo_files(const std::string& top, std::span<const FifoShape> fifos);

}  // namespace gw
