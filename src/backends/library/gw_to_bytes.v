// Gives a beat away byte by byte, the lowest first; TLAST goes with the last byte.
module gw_to_bytes #(
    parameter BYTES = 2,
    parameter COUNT_BITS = 2  // enough for BYTES
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               s_valid,
    output wire               s_ready,
    input  wire [8*BYTES-1:0] s_data,
    input  wire               s_last,
    output wire               m_valid,
    input  wire               m_ready,
    output wire [        7:0] m_data,
    output wire               m_last
);
  localparam [COUNT_BITS-1:0] ALL = BYTES[COUNT_BITS-1:0];
  localparam [COUNT_BITS-1:0] NONE = {COUNT_BITS{1'b0}};
  localparam [COUNT_BITS-1:0] ONE = {{COUNT_BITS - 1{1'b0}}, 1'b1};
  reg [8*BYTES-1:0] leaving;
  reg [COUNT_BITS-1:0] left;
  reg last;
  wire ends = left == ONE;
  wire [8*BYTES+7:0] shifted = {8'd0, leaving};
  assign s_ready = left == NONE || (ends && m_ready);
  assign m_valid = left != NONE;
  assign m_data = leaving[7:0];
  assign m_last = ends && last;
  wire unused = &{1'b0, shifted[7:0]};
  always @(posedge clk) begin
    if (rst) left <= NONE;
    else if (s_ready) left <= s_valid ? ALL : NONE;
    else if (m_ready) left <= left - ONE;
    if (s_ready) begin
      leaving <= s_data;
      last <= s_last;
    end else if (m_ready) begin
      leaving <= shifted[8*BYTES+7:8];
    end
  end
endmodule
