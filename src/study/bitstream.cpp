// From a design to the bits of a part, with open tools only: Yosys, nextpnr, icepack; icetime for a second
// opinion on the clock.

#include "study/bitstream.h"

#include "backends/byte_stream.h"
#include "support/messages.h"
#include "tools/icestorm.h"
#include "tools/yosys_netlist.h"

namespace gw {

Status check_bitstream(const Part& part) {
  if (part.family == "ice40" && !part.device.empty()) return Done{};
  const bool is_ecp5 = part.family == "ecp5";
  return diagnose(messages::bitstream_unserved, {}, std::string(part.name),
                  is_ecp5 ? "it takes nextpnr-ecp5 and Project Trellis, which Debian 12 does not have"
                          : "there are no open tools for " + std::string(part.series));
}

Result<Bitstream> make_bitstream(const Build& build, const fs::path& cache_folder, Progress& progress) {
  const Part& part = build.part;
  const std::string top = byte_stream_ports(build.design).name;
  progress.begin("synthesise, place, pack", 4);
  progress.update(0, "yosys");
  auto netlist =
      ice40_netlist({top, verilog_byte_stream(build.design)}, part, {.cache_folder = cache_folder});
  if (!netlist) return netlist.errors();
  progress.update(1, "nextpnr");
  constexpr int seed = 1;
  auto placement =
      place_and_route(top, netlist->json, part, 1000 / build.design.clock_ns, seed, cache_folder);
  if (!placement) return placement.errors();
  progress.update(2, "icepack");
  auto bits = pack_bits(top, placement->asc, cache_folder);
  if (!bits) return bits.errors();
  progress.update(3, "icetime");
  const auto timed = time_nets(top, placement->asc, part, cache_folder);
  if (!timed) return timed.errors();
  progress.end(fmt::format("placed at {:.1f} MHz", placement->fmax_mhz));
  return Bitstream{
      std::move(*bits),
      {{top + "_netlist.v", std::move(netlist->verilog)}, {"cells.v", std::move(netlist->models)}},
      std::move(netlist->cells),
      std::move(*placement),
      *timed};
}

}  // namespace gw
