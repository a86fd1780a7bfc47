// Cuts beats of PIXELS pixels into beats of one, pixel 0 (the lowest bits) first. A new beat is taken together with the
// last pixel of the one before, so that pixels follow each other without a gap.
module gw_split #(
    parameter BITS = 8,
    parameter PIXELS = 4,
    parameter COUNT_BITS = 2  // enough for PIXELS - 1
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [PIXELS*BITS-1:0] s_data,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [BITS-1:0]        m_data
);
  localparam [COUNT_BITS-1:0] ZERO = {COUNT_BITS{1'b0}};
  localparam [COUNT_BITS-1:0] LAST = PIXELS[COUNT_BITS-1:0] - 1'b1;

  reg holds;
  reg [COUNT_BITS-1:0] given;
  reg [PIXELS*BITS-1:0] left;
  wire give = m_valid && m_ready;
  wire take = s_valid && s_ready;

  assign s_ready = !holds || (give && given == LAST);
  assign m_valid = holds;
  assign m_data  = left[BITS-1:0];

  always @(posedge clk) begin
    if (take) left <= s_data;
    else if (give) left <= {left[BITS-1:0], left[PIXELS*BITS-1:BITS]};
  end

  always @(posedge clk) begin
    if (rst) begin
      holds <= 1'b0;
      given <= ZERO;
    end else begin
      if (give) given <= (given == LAST) ? ZERO : given + 1'b1;
      if (take) holds <= 1'b1;
      else if (give && given == LAST) holds <= 1'b0;
    end
  end
endmodule
