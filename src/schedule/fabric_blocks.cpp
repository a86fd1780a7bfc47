// The blocks of backends/verilog/library as gates and registers, line by line as they are written there. A
// block whose registers and counters are described here is priced like everything else, so that a small
// stage, which is hardly more than its window and its FIFO, has a price as good as a large one's.

#include "schedule/fabric_blocks.h"

#include <algorithm>

#include "circuit/circuit_cost.h"
#include "schedule/window_scan.h"

namespace gw {

namespace {

Bits zeros(size_t count) { return Bits(count, Bit::zero()); }

Bits literal(std::int64_t value, size_t width) {
  Bits bits;
  for (size_t i = 0; i < width; ++i) bits.push_back((value >> i) & 1 ? Bit::one() : Bit::zero());
  return bits;
}

Bits minus_one(Fabric& fabric, const Bits& a) { return fabric.sum(a, literal(1, a.size()), true); }

// a == b, both of the same length.
Bit same(Fabric& fabric, const Bits& a, const Bits& b) {
  Bits equal;
  for (size_t i = 0; i < a.size(); ++i) equal.push_back(!fabric.lxor(a[i], b[i]));
  return fabric.all(std::move(equal));
}

// The next value of a counter that goes from 0 to `last`.
Bits next_of(Fabric& fabric, const Bits& value, Bit at_last) {
  return fabric.mux(at_last, fabric.plus_one(value), zeros(value.size()));
}

}  // namespace

FabricFifo::FabricFifo(Fabric& fabric, int depth, Bit reset)
    : fabric_(fabric),
      depth_(depth),
      reset_(reset),
      full_(fabric.state()),
      empty_(depth == 1 ? !full_ : fabric.state()) {}

void FabricFifo::offer(Bit offered, const Bits& data, bool into_register) {
  offered_ = offered;
  const Bit push = fabric_.land(offered, !full_);
  if (depth_ == 1) {
    for (const Bit bit : data) data_.push_back(fabric_.flop(bit, {push, Bit::zero()}, false));
    return;
  }
  head_ = fabric_.states(bits_for(depth_ - 1));
  tail_ = fabric_.states(bits_for(depth_ - 1));
  if (!into_register) copy_ = fabric_.states(bits_for(depth_ - 1));
  data_ = fabric_.memory(depth_, data, push, head_, into_register ? tail_ : copy_, true);
}

void FabricFifo::move(Bit taken) {
  Fabric& f = fabric_;
  const Bit push = f.land(offered_, !full_), pop = f.land(!empty_, taken);
  if (depth_ == 1) {
    f.set_state(full_, f.lor(push, f.land(full_, !pop)), {Bit::one(), reset_});
    return;
  }
  const Bits next_head = next_of(f, head_, f.equal(head_, depth_ - 1));
  const Bits next_tail = next_of(f, tail_, f.equal(tail_, depth_ - 1));
  f.set_states(head_, next_head, {push, reset_});
  f.set_states(tail_, next_tail, {pop, reset_});
  // The memory's own address, see Fabric::memory.
  if (!copy_.empty()) f.set_states(copy_, f.mux(pop, tail_, next_tail), {Bit::one(), reset_});
  const Bit moves = f.lxor(push, pop), grows = f.land(push, !pop);
  f.set_state(full_, f.land(grows, same(f, next_head, tail_)), {moves, reset_});
  f.set_state(empty_, f.land(!grows, same(f, next_tail, head_)), {moves, reset_, false, true});
}

bool goes_into_register(const InputStream& stream) {
  const Scan scan = scan_of(stream.window);
  return stream.beat_pixels == 1 && scan.lines == 0 && scan.replay == 1;
}

FabricWindow::FabricWindow(Fabric& fabric, const InputStream& stream, Bit reset)
    : fabric_(fabric), stream_(stream), reset_(reset), valid_(fabric.state()) {}

Bit FabricWindow::move(Bit offered, const Bits& beat, Bit used) {
  if (stream_.beat_pixels == 1) return step_window(offered, beat, used);
  // gw_split: the beat moves down by a pixel each time that one is given away.
  const auto pixel_bits = static_cast<size_t>(stream_.pixel_bits());
  const Bit holds = fabric_.state();
  const Bits left = fabric_.states(stream_.beat_bits());
  const Bits given = fabric_.states(bits_for(stream_.beat_pixels - 1));
  const Bits pixel(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(pixel_bits));
  const Bit give = fabric_.land(holds, step_window(holds, pixel, used));
  const Bit last = fabric_.equal(given, stream_.beat_pixels - 1);
  const Bit takes = fabric_.lor(!holds, fabric_.land(give, last));
  const Bit take = fabric_.land(offered, takes);
  Bits rotated;
  for (size_t i = 0; i < left.size(); ++i) rotated.push_back(left[(i + pixel_bits) % left.size()]);
  fabric_.set_states(left, fabric_.mux(take, rotated, beat), {fabric_.lor(take, give), Bit::zero()});
  fabric_.set_states(given, next_of(fabric_, given, last), {give, reset_});
  fabric_.set_state(holds, take, {fabric_.lor(take, fabric_.land(give, last)), reset_});
  return takes;
}

// Whether a pixel is taken.
Bit FabricWindow::step_window(Bit offered, const Bits& pixel, Bit used) {
  Fabric& f = fabric_;
  const Scan scan = scan_of(stream_.window);
  const auto one = Bit::one(), zero = Bit::zero();
  const Bit idle = f.state();
  // A counter of one step is none, if the flow sees that.
  const auto counter = [&](int count) {
    return count > 1 || !f.sweeps_registers() ? f.states(bits_for(count - 1)) : zeros(1);
  };
  const auto set_counter = [&](const Bits& counter_bits, const Bits& next, const Fabric::Control& control) {
    if (!f.is_constant(counter_bits[0])) f.set_states(counter_bits, next, control);
  };
  const Bits column = counter(scan.columns), row = counter(scan.rows);
  const int longest = std::max({scan.first, scan.next_row, scan.skip});
  const Bits wait = f.states(bits_for(longest));
  const Bits window_column = counter(scan.window_columns);
  const Bits window_row = f.states(bits_for(scan.window_rows - 1));
  const Bit last_column = f.equal(column, scan.columns - 1), last_row = f.equal(row, scan.rows - 1);

  const Bit pixel_column =
      f.land(!f.below(column, scan.left),
             scan.left + scan.width == scan.columns ? one : f.below(column, scan.left + scan.width));
  const Bit pixel_row =
      scan.pixel_rows == 0
          ? zero
          : f.land(!f.below(row, scan.top),
                   scan.top + scan.pixel_rows == scan.rows ? one : f.below(row, scan.top + scan.pixel_rows));
  Bits pass, tail;
  Bit first_pass = one, last_pass = one, tailing = zero, used_up = one, loaded = one;
  if (scan.replay > 1) {
    pass = f.states(bits_for(scan.replay - 1));
    first_pass = f.equal(pass, 0);
    last_pass = f.equal(pass, scan.replay - 1);
  }
  if (scan.tail > 0) {
    tail = f.states(bits_for(scan.tail));
    tailing = !f.equal(tail, 0);
  }
  Bits uses;
  if (scan.repeat > 1) {
    uses = f.states(bits_for(scan.repeat - 1));
    used_up = f.equal(uses, scan.repeat - 1);
    f.set_states(uses, next_of(f, uses, used_up), {f.land(valid_, used), reset_});
  }
  if (scan.preload > 0) loaded = f.state();

  const Bit start = f.land(f.land(f.equal(row, 0), f.equal(column, 0)), first_pass);
  const Bit needs = f.land(f.land(pixel_row, pixel_column), first_pass);
  const Bit is_free = f.lor(!valid_, f.land(used, used_up));
  Bit can = f.land(is_free, !f.land(start, !loaded));
  if (scan.tail > 1) can = f.land(can, !tailing);
  const Bit waits = f.lor(needs, scan.preload == 0 ? start : zero);
  const Bit own = f.land(can, f.lor(offered, !waits));
  const Bit flush = f.land(f.land(is_free, tailing), !own);
  const Bit step = f.lor(own, flush);
  const Bit alone = f.land(f.land(start, !loaded), offered);
  const Bit row_end = f.land(own, last_column);

  const Bit old_hit = f.land(!idle, f.equal(wait, 0));
  const Bit begins = f.land(f.land(start, own), !tailing);
  const Bit at_begin = scan.first == 0 ? one : zero;
  const Bit hit = begins == step ? at_begin : f.mux(begins, old_hit, at_begin);
  const Bit row_hit = f.equal(window_column, scan.window_columns - 1);
  const Bit frame_hit = f.land(row_hit, f.equal(window_row, scan.window_rows - 1));
  const Bit from_first = scan.first == 0 ? zero : f.land(start, own);

  f.set_state(valid_, f.land(step, hit), {f.lor(step, is_free), reset_});
  Bits next_wait =
      f.mux(hit, minus_one(f, wait),
            f.mux(row_hit, literal(scan.skip, wait.size()), literal(scan.next_row, wait.size())));
  f.set_states(wait, f.mux(from_first, next_wait, literal(scan.first - 1, wait.size())), {step, reset_});
  f.set_state(idle, f.mux(from_first, frame_hit, zero),
              {f.land(step, f.lor(hit, from_first)), reset_, false, true});
  set_counter(window_column, next_of(f, window_column, row_hit), {f.land(step, hit), reset_});
  f.set_states(window_row, next_of(f, window_row, frame_hit), {f.land(f.land(step, hit), row_hit), reset_});
  set_counter(column, next_of(f, column, last_column), {own, reset_});
  set_counter(row, next_of(f, row, last_row), {f.land(row_end, last_pass), reset_});
  if (scan.replay > 1) f.set_states(pass, next_of(f, pass, last_pass), {row_end, reset_});
  if (scan.tail > 0) {
    const Bit frame_end = f.land(f.land(row_end, last_row), last_pass);
    f.set_states(tail, f.mux(frame_end, minus_one(f, tail), literal(scan.tail, tail.size())),
                 {f.lor(frame_end, f.land(tailing, step)), reset_});
  }

  // The line memory.
  const auto width = static_cast<size_t>(bits_for(scan.width - 1));
  const Bits low_column(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(width));
  const Bits place = scan.left == 0 ? low_column : f.sum(low_column, literal(scan.left, width), true);
  const Bit writes = f.land(f.land(own, pixel_column), first_pass);
  Bit meets = zero;
  Bits ahead_column = zeros(width), ahead_row;
  if (scan.preload > 0) {
    const int first_below = scan.rows - scan.preload;
    ahead_row = f.states(static_cast<int>(row.size()));
    ahead_column = f.states(static_cast<int>(width));
    meets =
        f.land(f.land(pixel_column, !loaded), f.land(same(f, row, ahead_row), same(f, place, ahead_column)));
    const Bit comes = f.lor(alone, f.land(f.land(own, meets), offered));
    const Bit row_done = f.equal(ahead_column, scan.width - 1);
    const Bit last_ahead = f.equal(ahead_row, scan.rows - 1);
    f.set_states(ahead_column, next_of(f, ahead_column, row_done), {comes, reset_});
    f.set_states(ahead_row, f.mux(last_ahead, f.plus_one(ahead_row), literal(first_below, row.size())),
                 {f.land(comes, row_done), reset_});
    const Bit begun = f.land(own, start), done = f.land(f.land(comes, row_done), last_ahead);
    f.set_state(loaded, !begun, {f.lor(begun, done), reset_});
  }
  const Bits write_place = scan.preload > 0 ? f.mux(alone, place, ahead_column) : place;
  Bits next_column = f.mux(own, column, next_of(f, column, last_column));
  next_column.resize(width, zero);
  const Bits next_place = scan.left == 0 ? next_column : f.sum(next_column, literal(scan.left, width), true);
  std::vector<Bits> above{pixel};
  for (int l = 0; l < scan.lines; ++l) {
    const Bit write =
        scan.preload > 0 ? f.lor(writes, f.land(alone, f.equal(ahead_row, scan.rows - 1 - l))) : writes;
    const Bits& from = above.back();
    // The last line is read by the window's registers alone.
    const bool into_register = l + 1 == scan.lines && scan.replay == 1;
    above.push_back(line(f.mux(alone, from, pixel), write, write_place, place, next_place, into_register));
  }
  shift(step, hit, above, first_pass, window_row, window_column);
  return f.lor(f.land(can, f.lor(needs, meets)), f.land(start, !loaded));
}

Bits FabricWindow::line(const Bits& pixel, Bit write, const Bits& write_place, const Bits& place,
                        const Bits& next_place, bool into_register) {
  const int words = stream_.window.width;
  switch (stream_.memory) {
    case LineMemory::Distributed:
      return fabric_.memory(words, pixel, write, write_place, place, into_register);
    case LineMemory::Registers:
      return fabric_.register_memory(words, pixel, write, write_place, place, into_register);
    case LineMemory::Block:
      break;
  }
  Bits read = pixel;
  read.push_back(write);
  read.insert(read.end(), write_place.begin(), write_place.end());
  read.insert(read.end(), next_place.begin(), next_place.end());
  const Part& part = fabric_.part();
  return fabric_.block(std::move(read), static_cast<int>(pixel.size()), [words, &part](int bits) {
    Cost cost;
    cost.bram36 = block_memory(words, bits, part);
    return cost;
  });
}

Bit FabricWindow::lies_inside(int windows, int from, int to, const Bits& place, Bit advance) {
  if ((from == 0 && to == windows) || from == to) return from != to ? Bit::one() : Bit::zero();
  const Bit now =
      fabric_.land(!fabric_.below(place, from), to == windows ? Bit::one() : fabric_.below(place, to));
  return fabric_.flop(now, {advance, Bit::zero()}, false);
}

// The registers of the window, and which of its pixels lie inside the input.
void FabricWindow::shift(Bit step, Bit hit, const std::vector<Bits>& above, Bit first_pass,
                         const Bits& window_row, const Bits& window_column) {
  const Window& w = stream_.window;
  const Scan scan = scan_of(w);
  const Fabric::Control control{step, Bit::zero()};
  const int reach_h = (w.kernel_h - 1) * w.dilation_h + 1, reach_w = (w.kernel_w - 1) * w.dilation_w + 1;
  Bits rows(static_cast<size_t>(w.kernel_h), Bit::one()),
      columns(static_cast<size_t>(w.kernel_w), Bit::one());
  if (w.is_padded()) {
    const Bit advance = fabric_.land(step, hit);
    for (int i = 0; i < w.kernel_h && scan.replay == 1; ++i) {
      const auto [from, to] =
          inside_range(i * w.dilation_h - w.pad_top, w.stride_h, w.height, scan.window_rows);
      rows[static_cast<size_t>(i)] = lies_inside(scan.window_rows, from, to, window_row, advance);
    }
    for (int j = 0; j < w.kernel_w; ++j) {
      const auto [from, to] =
          inside_range(j * w.dilation_w - w.pad_left, w.stride_w, w.width, scan.window_columns);
      columns[static_cast<size_t>(j)] = lies_inside(scan.window_columns, from, to, window_column, advance);
    }
  }
  for (int i = 0; i < w.kernel_h; ++i) {
    const auto up = static_cast<size_t>(reach_h - 1 - i * w.dilation_h);
    Bits arriving = above[up];
    if (scan.replay > 1) arriving = fabric_.mux(first_pass, above[up + 1], arriving);
    std::vector<Bits> chain(static_cast<size_t>(reach_w));
    for (size_t at = chain.size(); at-- > 0;) {
      for (const Bit d : at + 1 == chain.size() ? arriving : chain[at + 1])
        chain[at].push_back(fabric_.flop(d, control, true));
    }
    for (int j = 0; j < w.kernel_w; ++j) {
      const Bit inside = fabric_.land(rows[static_cast<size_t>(i)], columns[static_cast<size_t>(j)]);
      inside_.push_back(inside);
      for (const Bit bit : chain[static_cast<size_t>(j * w.dilation_w)])
        data_.push_back(w.is_padded() ? fabric_.land(bit, inside) : bit);
    }
  }
}

FabricStage::FabricStage(Fabric& fabric, const StageDesign& stage, Bit reset)
    : fabric_(fabric), stage_(stage), reset_(reset) {
  for (const InputStream& stream : stage.streams) fifos_.emplace_back(fabric, stream.fifo_depth, reset);
}

void FabricStage::offer(size_t stream, Bit offered, const Bits& beat) {
  fifos_[stream].offer(offered, beat, goes_into_register(stage_.streams[stream]));
}

void FabricStage::build(Bit ready) {
  std::vector<FabricWindow> windows;
  Bit valid = Bit::one();
  for (const InputStream& stream : stage_.streams) {
    windows.emplace_back(fabric_, stream, reset_);
    valid = fabric_.land(valid, windows.back().valid());
  }
  FabricCircuit circuit(fabric_, stage_.circuit, valid, ready, reset_);
  std::vector<Bits> elements, insides;
  for (size_t k = 0; k < windows.size(); ++k) {
    FabricFifo& fifo = fifos_[k];
    fifo.move(windows[k].move(fifo.valid(), fifo.data(), circuit.taken()));
    append_elements(elements, windows[k].data(), stage_.streams[k].type.width);
    append_elements(insides, windows[k].inside(), 1);
  }
  elements.insert(elements.end(), insides.begin(), insides.end());
  answer_ = joined(circuit.build(elements));
  valid_ = circuit.valid();
}

void append_elements(std::vector<Bits>& elements, const Bits& bits, int width) {
  const auto step = static_cast<std::ptrdiff_t>(std::max(1, width));
  for (auto at = bits.begin(); at != bits.end(); at += step) elements.emplace_back(at, at + step);
}

Bits joined(const std::vector<Bits>& elements) {
  Bits bits;
  for (const Bits& element : elements) bits.insert(bits.end(), element.begin(), element.end());
  return bits;
}

}  // namespace gw
