// Whether a kernel row (or column) lies inside the input: in the windows number FROM to TO - 1 of COUNT. `place` is the
// number of the window that `advance` brings in; the answer stands with that window. Nothing is built where it never changes.
module gw_inside #(
    parameter COUNT = 1,
    parameter BITS = 1,  // enough for COUNT - 1
    parameter [31:0] FROM = 0,
    parameter [31:0] TO = 1
) (
    input  wire            clk,
    input  wire            advance,
    input  wire [BITS-1:0] place,
    output wire            is_inside
);
  generate
    if ((FROM == 0 && TO == COUNT) || FROM == TO) begin : constant
      wire unused = &{1'b0, clk, advance, place};
      assign is_inside = FROM != TO;
    end else begin : changing
      reg  inside_now;
      wire low, high;
      assign is_inside = inside_now;
      if (FROM == 0) begin : from_first
        assign low = 1'b1;
      end else begin : from_later
        assign low = place >= FROM[BITS-1:0];
      end
      if (TO == COUNT) begin : to_last
        assign high = 1'b1;
      end else begin : to_earlier
        assign high = place < TO[BITS-1:0];
      end
      always @(posedge clk) begin
        if (advance) inside_now <= low && high;
      end
    end
  endgenerate
endmodule
