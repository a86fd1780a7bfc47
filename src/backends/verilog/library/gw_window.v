// Turns a stream of pixels, row by row, into a stream of windows of KERNEL_H x KERNEL_W pixels, at every stride, pad,
// crop and repetition; pixels outside the input are 0. One step a clock shifts one column of pixels into the window's
// registers: the newest pixel and those above it, which wait in a line memory. A window stays until it was used
// REPEAT times; meanwhile no step is taken. w_data holds pixel (i, j) of the window at bits
// (i * KERNEL_W + j) * BITS and up, w_inside whether it lies inside the input.
//
// A frame is ROWS rows of COLUMNS steps, each row gone through REPLAY times. Rows from TOP on, PIXEL_ROWS of them, and
// columns from LEFT on, WIDTH of them, stand for pixels; the others lie outside the input and wait for none. The last
// PRELOAD rows are below the input: meanwhile the first PRELOAD rows of the next frame come into the line memory, in
// step if they are there in time, else afterwards. TAIL steps follow the last row; a single one is at the same time
// the first of the next frame, if that can begin. FIRST steps precede the one that completes a frame's first window,
// SKIP lie between two windows of a row, NEXT_ROW between the last of one row and the first of the next.
module gw_window #(
    parameter BITS = 8,
    parameter KERNEL_H = 3,
    parameter KERNEL_W = 3,
    parameter DILATION_H = 1,
    parameter DILATION_W = 1,
    parameter WIDTH = 4,
    parameter COLUMNS = 4,
    parameter ROWS = 4,
    parameter LEFT = 0,
    parameter TOP = 0,
    parameter PIXEL_ROWS = 4,
    parameter PRELOAD = 0,
    parameter TAIL = 0,
    parameter FIRST = 10,
    parameter SKIP = 0,
    parameter NEXT_ROW = 2,
    parameter WINDOW_ROWS = 2,
    parameter WINDOW_COLUMNS = 2,
    parameter REPEAT = 1,
    parameter REPLAY = 1,
    parameter LINES = 2,
    parameter MEMORY = 1,  // 0 registers, 1 distributed (LUT memory), 2 block (read one clock ahead; WIDTH at least 2)
    // Window rows [from, to) in which kernel row i lies inside the input, 32 bits each; columns likewise.
    parameter MASKED = 0,
    parameter [32*KERNEL_H-1:0] ROW_FROM = 0,
    parameter [32*KERNEL_H-1:0] ROW_TO = 0,
    parameter [32*KERNEL_W-1:0] COLUMN_FROM = 0,
    parameter [32*KERNEL_W-1:0] COLUMN_TO = 0
) (
    input  wire                              clk,
    input  wire                              rst,
    input  wire                              s_valid,
    output wire                              s_ready,
    input  wire [BITS-1:0]                   s_data,
    output wire                              w_valid,
    input  wire                              w_ready,
    output wire [KERNEL_H*KERNEL_W*BITS-1:0] w_data,
    output wire [KERNEL_H*KERNEL_W-1:0]      w_inside
);
  // Bits of a counter that goes up to a number.
  function integer bits_of(input integer highest);
    begin
      bits_of = 1;
      while ((highest >> bits_of) != 0) bits_of = bits_of + 1;
    end
  endfunction

  localparam REACH_H = (KERNEL_H - 1) * DILATION_H + 1;
  localparam REACH_W = (KERNEL_W - 1) * DILATION_W + 1;
  localparam C = bits_of(COLUMNS - 1);
  localparam R = bits_of(ROWS - 1);
  localparam P = bits_of(WIDTH - 1);
  localparam WC = bits_of(WINDOW_COLUMNS - 1);
  localparam WR = bits_of(WINDOW_ROWS - 1);
  localparam LONGEST = FIRST > NEXT_ROW ? FIRST : NEXT_ROW;
  localparam S = bits_of(LONGEST > SKIP ? LONGEST : SKIP);
  localparam [C-1:0] LAST_COLUMN = COLUMNS[C-1:0] - 1'b1;
  localparam [R-1:0] LAST_ROW = ROWS[R-1:0] - 1'b1;
  localparam [WR-1:0] LAST_WINDOW_ROW = WINDOW_ROWS[WR-1:0] - 1'b1;
  localparam [WC-1:0] LAST_WINDOW_COLUMN = WINDOW_COLUMNS[WC-1:0] - 1'b1;
  localparam [S-1:0] FIRST_LEFT = FIRST[S-1:0] - 1'b1;
  localparam [P-1:0] LAST_PLACE = WIDTH[P-1:0] - 1'b1;

  reg valid, idle;
  reg [C-1:0] column;
  reg [R-1:0] row;
  reg [S-1:0] wait_steps;
  reg [WC-1:0] window_column;
  reg [WR-1:0] window_row;
  wire last_column = column == LAST_COLUMN;
  wire last_row = row == LAST_ROW;

  // Where the next step stands.
  wire pixel_column, pixel_row, first_pass, last_pass, tailing, loaded, meets;
  wire start = row == {R{1'b0}} && column == {C{1'b0}} && first_pass;
  wire needs = pixel_row && pixel_column && first_pass;

  // What happens at this clock: a step of the frame, one of the tail alone, a pixel that comes in ahead alone.
  wire used_up;
  wire free = !valid || (w_ready && used_up);
  wire can = free && !(start && !loaded) && (TAIL == 1 || !tailing);
  // No frame begins before a pixel of it is there, even if it begins with steps outside the input.
  wire own = can && (s_valid || !(needs || (start && PRELOAD == 0)));
  wire flush = free && tailing && !own;
  wire step = own || flush;
  wire alone = start && !loaded && s_valid;
  wire frame_end = own && last_column && last_row && last_pass;

  assign s_ready = (can && (needs || meets)) || (start && !loaded);
  assign w_valid = valid;

  wire old_hit = !idle && wait_steps == {S{1'b0}};
  wire begins = start && own && !tailing;
  wire hit = begins ? FIRST == 0 : old_hit;
  wire row_hit = window_column == LAST_WINDOW_COLUMN;
  wire frame_hit = row_hit && window_row == LAST_WINDOW_ROW;

  always @(posedge clk) begin
    if (rst) begin
      row <= {R{1'b0}};
      column <= {C{1'b0}};
      window_row <= {WR{1'b0}};
      window_column <= {WC{1'b0}};
      wait_steps <= {S{1'b0}};
      idle <= 1'b1;
      valid <= 1'b0;
    end else begin
      if (step) begin
        valid <= hit;
        wait_steps <= hit ? (row_hit ? NEXT_ROW[S-1:0] : SKIP[S-1:0]) : wait_steps - 1'b1;
        if (hit) begin
          idle <= frame_hit;
          window_column <= row_hit ? {WC{1'b0}} : window_column + 1'b1;
          if (row_hit) window_row <= frame_hit ? {WR{1'b0}} : window_row + 1'b1;
        end
        if (start && own && FIRST != 0) begin
          wait_steps <= FIRST_LEFT;
          idle <= 1'b0;
        end
      end else if (free) begin
        valid <= 1'b0;
      end
      if (own) begin
        column <= last_column ? {C{1'b0}} : column + 1'b1;
        if (last_column && last_pass) row <= last_row ? {R{1'b0}} : row + 1'b1;
      end
    end
  end

  // The column's place in a row of pixels; only meant where it stands for pixels.
  wire [P-1:0] place = column[P-1:0] - LEFT[P-1:0];
  generate
    if (COLUMNS == WIDTH) begin : all_columns
      assign pixel_column = 1'b1;
    end else if (LEFT == 0) begin : left_columns
      assign pixel_column = column < WIDTH[C-1:0];
    end else if (LEFT + WIDTH == COLUMNS) begin : right_columns
      assign pixel_column = column >= LEFT[C-1:0];
    end else begin : middle_columns
      localparam PIXELS_END = LEFT + WIDTH;
      assign pixel_column = column >= LEFT[C-1:0] && column < PIXELS_END[C-1:0];
    end

    if (ROWS == PIXEL_ROWS) begin : all_rows
      assign pixel_row = 1'b1;
    end else if (PIXEL_ROWS == 0) begin : no_rows
      assign pixel_row = 1'b0;
    end else if (TOP == 0) begin : upper_rows
      assign pixel_row = row < PIXEL_ROWS[R-1:0];
    end else if (TOP + PIXEL_ROWS == ROWS) begin : lower_rows
      assign pixel_row = row >= TOP[R-1:0];
    end else begin : middle_rows
      localparam PIXELS_END = TOP + PIXEL_ROWS;
      assign pixel_row = row >= TOP[R-1:0] && row < PIXELS_END[R-1:0];
    end

    if (REPLAY == 1) begin : one_pass
      assign first_pass = 1'b1;
      assign last_pass = 1'b1;
    end else begin : passes
      localparam B = bits_of(REPLAY - 1);
      localparam [B-1:0] LAST = REPLAY[B-1:0] - 1'b1;
      reg [B-1:0] pass;
      assign first_pass = pass == {B{1'b0}};
      assign last_pass = pass == LAST;
      always @(posedge clk) begin
        if (rst) pass <= {B{1'b0}};
        else if (own && last_column) pass <= last_pass ? {B{1'b0}} : pass + 1'b1;
      end
    end

    if (REPEAT == 1) begin : once
      assign used_up = 1'b1;
    end else begin : repeated
      localparam B = bits_of(REPEAT - 1);
      localparam [B-1:0] LAST = REPEAT[B-1:0] - 1'b1;
      reg [B-1:0] used;
      assign used_up = used == LAST;
      always @(posedge clk) begin
        if (rst) used <= {B{1'b0}};
        else if (valid && w_ready) used <= used_up ? {B{1'b0}} : used + 1'b1;
      end
    end

    if (TAIL == 0) begin : no_tail
      assign tailing = 1'b0;
    end else begin : some_tail
      localparam B = bits_of(TAIL);
      reg [B-1:0] left;
      assign tailing = left != {B{1'b0}};
      always @(posedge clk) begin
        if (rst) left <= {B{1'b0}};
        else if (frame_end) left <= TAIL[B-1:0];
        else if (tailing && step) left <= left - 1'b1;
      end
    end
  endgenerate

  // Lines: pixel `place` of line l is l + 1 rows above the newest one. A step shifts a whole column of them.
  wire shift = own && pixel_column && first_pass;
  wire [P-1:0] ahead_place;
  wire [31:0] ahead_line;
  generate
    if (PRELOAD == 0) begin : no_preload
      assign loaded = 1'b1;
      assign meets = 1'b0;
      assign ahead_place = {P{1'b0}};
      assign ahead_line = 32'd0;
    end else begin : preloads
      // The row of steps that the next pixel ahead belongs to, and its column.
      localparam FIRST_BELOW = ROWS - PRELOAD;
      reg is_loaded;
      reg [R-1:0] ahead_row;
      reg [P-1:0] ahead_column;
      wire comes = alone || (own && meets && s_valid);
      wire row_done = ahead_column == LAST_PLACE;
      assign loaded = is_loaded;
      assign ahead_place = ahead_column;
      assign ahead_line = {{32 - R{1'b0}}, LAST_ROW - ahead_row};
      assign meets = pixel_column && !is_loaded && row == ahead_row && place == ahead_column;
      always @(posedge clk) begin
        if (rst) begin
          is_loaded <= 1'b0;
          ahead_row <= FIRST_BELOW[R-1:0];
          ahead_column <= {P{1'b0}};
        end else begin
          if (comes) begin
            ahead_column <= row_done ? {P{1'b0}} : ahead_column + 1'b1;
            if (row_done) ahead_row <= (ahead_row == LAST_ROW) ? FIRST_BELOW[R-1:0] : ahead_row + 1'b1;
          end
          if (own && start) is_loaded <= 1'b0;
          else if (comes && row_done && ahead_row == LAST_ROW) is_loaded <= 1'b1;
        end
      end
    end
  endgenerate

  // above[0] is the newest pixel, above[1 + l] line l at the column of the next step, before it.
  wire [(LINES+1)*BITS-1:0] above;
  assign above[BITS-1:0] = s_data;
  wire [P-1:0] write_place = alone ? ahead_place : place;
  // Where the step after this clock stands, for memories that are read one clock ahead.
  wire [C-1:0] next_column = !own ? column : last_column ? {C{1'b0}} : column + 1'b1;
  wire [P-1:0] next_place = next_column[P-1:0] - LEFT[P-1:0];
  genvar l;
  generate
    for (l = 0; l < LINES; l = l + 1) begin : lines
      wire write = shift || (alone && ahead_line == l);
      wire [BITS-1:0] pixel = alone ? s_data : above[l*BITS+:BITS];
      if (MEMORY == 2) begin : block
        (* ram_style = "block" *)
        reg [BITS-1:0] memory[0:WIDTH-1];
        reg [BITS-1:0] read;
        assign above[(l+1)*BITS+:BITS] = read;
        always @(posedge clk) begin
          if (write) memory[write_place] <= pixel;
          read <= memory[next_place];
        end
      end else if (MEMORY == 1) begin : distributed
        (* ram_style = "distributed" *)
        reg [BITS-1:0] memory[0:WIDTH-1];
        assign above[(l+1)*BITS+:BITS] = memory[place];
        always @(posedge clk) begin
          if (write) memory[write_place] <= pixel;
        end
      end else begin : registers
        (* ram_style = "registers" *)
        reg [BITS-1:0] memory[0:WIDTH-1];
        assign above[(l+1)*BITS+:BITS] = memory[place];
        always @(posedge clk) begin
          if (write) memory[write_place] <= pixel;
        end
      end
    end
  endgenerate
  wire unused = &{1'b0, above[(LINES+1)*BITS-1:LINES*BITS], ahead_place, ahead_line, alone, write_place, next_column,
                  next_place, shift, place, frame_end, LAST_PLACE};

  // The window's registers, and which of its pixels lie inside the input.
  wire [KERNEL_H-1:0] row_inside;
  wire [KERNEL_W-1:0] column_inside;
  genvar i, j;
  generate
    for (i = 0; i < KERNEL_H; i = i + 1) begin : rows
      // In a repeated pass the newest pixel comes out of the line memory.
      localparam ABOVE = REACH_H - 1 - i * DILATION_H;
      wire [BITS-1:0] arriving;
      if (REPLAY == 1) begin : fresh
        assign arriving = above[ABOVE*BITS+:BITS];
      end else begin : again
        assign arriving = first_pass ? above[ABOVE*BITS+:BITS] : above[(ABOVE+1)*BITS+:BITS];
      end
      // Column 0, the oldest, in the lowest bits.
      reg [REACH_W*BITS-1:0] chain;
      if (REACH_W == 1) begin : one
        always @(posedge clk) begin
          if (step) chain <= arriving;
        end
      end else begin : several
        always @(posedge clk) begin
          if (step) chain <= {arriving, chain[REACH_W*BITS-1:BITS]};
        end
      end
      for (j = 0; j < KERNEL_W; j = j + 1) begin : columns
        localparam AT = i * KERNEL_W + j;
        wire [BITS-1:0] pixel = chain[j*DILATION_W*BITS+:BITS];
        assign w_inside[AT] = row_inside[i] && column_inside[j];
        assign w_data[AT*BITS+:BITS] = (MASKED != 0) ? pixel & {BITS{w_inside[AT]}} : pixel;
      end
    end

    for (i = 0; i < KERNEL_H; i = i + 1) begin : row_masks
      gw_inside #(
          .COUNT(WINDOW_ROWS), .BITS(WR),
          .FROM((MASKED != 0) ? ROW_FROM[i*32+:32] : 0), .TO((MASKED != 0) ? ROW_TO[i*32+:32] : WINDOW_ROWS)
      ) row (.clk(clk), .advance(step && hit), .place(window_row), .is_inside(row_inside[i]));
    end
    for (j = 0; j < KERNEL_W; j = j + 1) begin : column_masks
      gw_inside #(
          .COUNT(WINDOW_COLUMNS), .BITS(WC),
          .FROM((MASKED != 0) ? COLUMN_FROM[j*32+:32] : 0), .TO((MASKED != 0) ? COLUMN_TO[j*32+:32] : WINDOW_COLUMNS)
      ) column (.clk(clk), .advance(step && hit), .place(window_column), .is_inside(column_inside[j]));
    end
  endgenerate
endmodule
