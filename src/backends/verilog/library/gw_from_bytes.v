// Gathers the bytes of a beat, the lowest first, and hands the last one on together with those before it.
// `misplaced` tells in which clock a TLAST is taken that stands on another byte.
module gw_from_bytes #(
    parameter BYTES = 2,
    parameter COUNT_BITS = 1  // enough for BYTES - 1
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               s_valid,
    output wire               s_ready,
    input  wire [        7:0] s_data,
    input  wire               s_last,
    output wire               m_valid,
    input  wire               m_ready,
    output wire [8*BYTES-1:0] m_data,
    output wire               misplaced
);
  generate
    if (BYTES == 1) begin : single
      wire unused = &{1'b0, clk, rst, s_last};
      assign m_valid = s_valid;
      assign s_ready = m_ready;
      assign m_data = s_data;
      assign misplaced = 1'b0;
    end else begin : several
      localparam [COUNT_BITS-1:0] LAST = BYTES[COUNT_BITS-1:0] - 1'b1;
      reg [8*(BYTES-1)-1:0] held;
      reg [COUNT_BITS-1:0] place;
      wire complete = place == LAST;
      assign m_valid = s_valid && complete;
      assign s_ready = !complete || m_ready;
      assign m_data = {s_data, held};
      assign misplaced = s_valid && s_last && !complete;
      wire [8*BYTES-1:0] moved = {s_data, held};
      always @(posedge clk) begin
        if (rst) place <= {COUNT_BITS{1'b0}};
        else if (s_valid && s_ready) place <= complete ? {COUNT_BITS{1'b0}} : place + 1'b1;
        if (s_valid && !complete) held <= moved[8*BYTES-1:8];
      end
    end
  endgenerate
endmodule
