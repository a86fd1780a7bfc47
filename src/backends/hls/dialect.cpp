// Synthesis tools as rows of data. Their C++ is the same; directives were renamed when Vivado HLS became
// Vitis HLS, and structures on streams, which the older tool spreads over several wires unless it is told to
// pack them, are one word there by themselves.
//
// Source: the pragma references of UG902 (Vivado HLS) and UG1399 (Vitis HLS).

#include "backends/hls/dialect.h"

#include <algorithm>
#include <iterator>

namespace gw {

namespace {

constexpr HlsDialect dialects[] = {
    {"vivado", "Vivado HLS 2018.2 to 2020.1", "vivado_hls -f build_prj.tcl", "\"solution1\"",
     "config_array_partition -maximum_size 4096\nconfig_compile -name_max_length 80\n", 0.125,
     "RESOURCE variable={} core={}", "RAM_S2P_BRAM", "RAM_S2P_LUTRAM",
     "RESOURCE variable={} core=ROM_1P_BRAM", "DATA_PACK variable={}",
     "ALLOCATION instances=mul limit={} operation"},
    {"vitis", "Vitis HLS 2020.2 and later", "vitis_hls -f build_prj.tcl", "-flow_target vivado \"solution1\"",
     "config_compile -name_max_length 80\n", 0.27, "BIND_STORAGE variable={} type=ram_s2p impl={}", "bram",
     "lutram", "BIND_STORAGE variable={} type=rom_1p impl=bram", "AGGREGATE variable={} compact=bit",
     "ALLOCATION operation instances=mul limit={}"},
};

}  // namespace

std::span<const HlsDialect> all_hls_dialects() { return dialects; }

const HlsDialect* find_hls_dialect(std::string_view name) {
  const auto found = std::find_if(std::begin(dialects), std::end(dialects),
                                  [&](const HlsDialect& dialect) { return dialect.name == name; });
  return found == std::end(dialects) ? nullptr : &*found;
}

}  // namespace gw
