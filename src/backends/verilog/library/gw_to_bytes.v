// Gives a beat away byte by byte, the lowest first; TLAST goes with the last byte.
module gw_to_bytes #(
    parameter BYTES = 2,
    parameter COUNT_BITS = 1  // enough for BYTES - 1
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
  genvar i;
  generate
    if (BYTES == 1) begin : single
      wire unused = &{1'b0, clk, rst};
      assign m_valid = s_valid;
      assign s_ready = m_ready;
      assign m_data = s_data;
      assign m_last = s_last;
    end else begin : several
      // Each byte with its own TLAST above it.
      wire [9*BYTES-1:0] marked;
      for (i = 0; i < BYTES; i = i + 1) begin : bytes
        assign marked[9*i+:9] = {(i == BYTES - 1) ? s_last : 1'b0, s_data[8*i+:8]};
      end
      gw_split #(.BITS(9), .PIXELS(BYTES), .COUNT_BITS(COUNT_BITS)) split (
          .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(marked),
          .m_valid(m_valid), .m_ready(m_ready), .m_data({m_last, m_data})
      );
    end
  endgenerate
endmodule
