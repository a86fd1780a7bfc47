// Turns a stream of pixels, row by row, into a stream of windows of KERNEL_H x KERNEL_W pixels, without padding.
// KERNEL_H - 1 rows wait in a line memory with one word a column; the window itself stands in registers and moves by
// one column a pixel. A window stays until w_ready; meanwhile no pixel is taken.
// w_data holds pixel (i, j) of the window at bits (i * KERNEL_W + j) * BITS and up.
module gw_window #(
    parameter BITS = 8,
    parameter HEIGHT = 4,
    parameter WIDTH = 4,
    parameter KERNEL_H = 3,
    parameter KERNEL_W = 3,
    parameter STRIDE_H = 1,
    parameter STRIDE_W = 1,
    parameter COUNT_BITS = 3,  // enough for HEIGHT, WIDTH, the kernel and the strides
    parameter COLUMN_BITS = 2  // enough for WIDTH - 1
) (
    input  wire                              clk,
    input  wire                              rst,
    input  wire                              s_valid,
    output wire                              s_ready,
    input  wire [BITS-1:0]                   s_data,
    output wire                              w_valid,
    input  wire                              w_ready,
    output wire [KERNEL_H*KERNEL_W*BITS-1:0] w_data
);
  localparam [COUNT_BITS-1:0] ZERO = {COUNT_BITS{1'b0}};
  localparam [COUNT_BITS-1:0] ONE = {{COUNT_BITS - 1{1'b0}}, 1'b1};
  localparam [COUNT_BITS-1:0] LAST_ROW = HEIGHT[COUNT_BITS-1:0] - ONE;
  localparam [COUNT_BITS-1:0] LAST_COLUMN = WIDTH[COUNT_BITS-1:0] - ONE;
  // Pixels before the first window, and between one window and the next, along each axis.
  localparam [COUNT_BITS-1:0] FIRST_H = KERNEL_H[COUNT_BITS-1:0] - ONE;
  localparam [COUNT_BITS-1:0] FIRST_W = KERNEL_W[COUNT_BITS-1:0] - ONE;
  localparam [COUNT_BITS-1:0] SKIP_H = STRIDE_H[COUNT_BITS-1:0] - ONE;
  localparam [COUNT_BITS-1:0] SKIP_W = STRIDE_W[COUNT_BITS-1:0] - ONE;

  reg [COUNT_BITS-1:0] row, column, wait_rows, wait_columns;
  reg valid;
  wire take = s_valid && s_ready;
  wire last_column = column == LAST_COLUMN;
  wire last_row = row == LAST_ROW;

  assign s_ready = !valid || w_ready;
  assign w_valid = valid;

  always @(posedge clk) begin
    if (rst) begin
      row <= ZERO;
      column <= ZERO;
      wait_rows <= FIRST_H;
      wait_columns <= FIRST_W;
      valid <= 1'b0;
    end else if (take) begin
      valid <= wait_rows == ZERO && wait_columns == ZERO;
      column <= last_column ? ZERO : column + ONE;
      wait_columns <= last_column ? FIRST_W : (wait_columns == ZERO) ? SKIP_W : wait_columns - ONE;
      if (last_column) begin
        row <= last_row ? ZERO : row + ONE;
        wait_rows <= last_row ? FIRST_H : (wait_rows == ZERO) ? SKIP_H : wait_rows - ONE;
      end
    end else if (w_ready) begin
      valid <= 1'b0;
    end
  end

  // The column of the window that the new pixel completes, topmost row first.
  wire [KERNEL_H*BITS-1:0] arriving;
  assign arriving[(KERNEL_H-1)*BITS+:BITS] = s_data;
  generate
    if (KERNEL_H > 1) begin : lines
      (* ram_style = "distributed" *)
      reg [(KERNEL_H-1)*BITS-1:0] memory[0:WIDTH-1];
      wire [COLUMN_BITS-1:0] address = column[COLUMN_BITS-1:0];
      assign arriving[(KERNEL_H-1)*BITS-1:0] = memory[address];
      always @(posedge clk) begin
        if (take) memory[address] <= arriving[KERNEL_H*BITS-1:BITS];
      end
    end
  endgenerate

  genvar i, j;
  generate
    for (i = 0; i < KERNEL_H; i = i + 1) begin : rows
      for (j = 0; j < KERNEL_W; j = j + 1) begin : columns
        reg [BITS-1:0] pixel;
        assign w_data[(i*KERNEL_W+j)*BITS+:BITS] = pixel;
        if (j == KERNEL_W - 1) begin : newest
          always @(posedge clk) begin
            if (take) pixel <= arriving[i*BITS+:BITS];
          end
        end else begin : older
          always @(posedge clk) begin
            if (take) pixel <= w_data[(i*KERNEL_W+j+1)*BITS+:BITS];
          end
        end
      end
    end
  endgenerate
endmodule
