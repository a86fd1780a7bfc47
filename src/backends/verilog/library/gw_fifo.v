// A first-in first-out buffer of DEPTH pixels. Neither ready nor valid depends on the other side's signal in the same
// clock, so that it also cuts long chains of ready signals; with DEPTH 1, which is a register, a pixel can come every
// second clock. The memory has no reset and an unregistered read, so that it fits into LUT memory.
module gw_fifo #(
    parameter BITS = 8,
    parameter DEPTH = 2,
    parameter ADDRESS_BITS = 1
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            s_valid,
    output wire            s_ready,
    input  wire [BITS-1:0] s_data,
    output wire            m_valid,
    input  wire            m_ready,
    output wire [BITS-1:0] m_data
);
  wire push = s_valid && s_ready;
  wire pop = m_valid && m_ready;

  generate
    if (DEPTH == 1) begin : g_register
      reg [BITS-1:0] word;
      reg full;

      assign s_ready = !full;
      assign m_valid = full;
      assign m_data  = word;

      always @(posedge clk) begin
        if (push) word <= s_data;
      end

      always @(posedge clk) begin
        if (rst) full <= 1'b0;
        else full <= push || (full && !pop);
      end
    end else begin : g_memory
      localparam [ADDRESS_BITS-1:0] LAST = DEPTH[ADDRESS_BITS-1:0] - 1'b1;

      (* ram_style = "distributed" *)
      reg [BITS-1:0] memory[0:DEPTH-1];
      reg [ADDRESS_BITS-1:0] head, tail;
      reg full, empty;

      wire [ADDRESS_BITS-1:0] next_head = (head == LAST) ? {ADDRESS_BITS{1'b0}} : head + 1'b1;
      wire [ADDRESS_BITS-1:0] next_tail = (tail == LAST) ? {ADDRESS_BITS{1'b0}} : tail + 1'b1;

      assign s_ready = !full;
      assign m_valid = !empty;
      assign m_data  = memory[tail];

      always @(posedge clk) begin
        if (push) memory[head] <= s_data;
      end

      always @(posedge clk) begin
        if (rst) begin
          head  <= {ADDRESS_BITS{1'b0}};
          tail  <= {ADDRESS_BITS{1'b0}};
          full  <= 1'b0;
          empty <= 1'b1;
        end else begin
          if (push) head <= next_head;
          if (pop) tail <= next_tail;
          if (push && !pop) begin
            full  <= next_head == tail;
            empty <= 1'b0;
          end else if (pop && !push) begin
            full  <= 1'b0;
            empty <= next_tail == head;
          end
        end
      end
    end
  endgenerate
endmodule
