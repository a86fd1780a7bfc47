// Sums, comparisons and products of a fabric: which of them are carry chains, and which are gates.

#include <algorithm>
#include <cmath>
#include <functional>

#include "circuit/fabric.h"

namespace gw {

Bits Fabric::small_sum(const Bits& a, const Bits& b, Bit carry) {
  Bits result;
  for (size_t i = 0; i < a.size(); ++i) {
    const Bit differ = lxor(a[i], b[i]);
    result.push_back(lxor(differ, carry));
    carry = lor(land(a[i], b[i]), land(differ, carry));
  }
  return result;
}

Bits Fabric::sum(const Bits& a, const Bits& b, bool subtract) {
  Bits result;
  size_t low = 0;
  for (; low < a.size(); ++low) {
    if (b[low] == Bit::zero()) {
      result.push_back(a[low]);
    } else if (!subtract && a[low] == Bit::zero()) {
      result.push_back(b[low]);
    } else {
      break;
    }
  }
  if (low == a.size()) return result;
  size_t high = a.size();
  if (!subtract) {
    // Above both operands there is a carry and nothing more.
    while (high > low && a[high - 1] == Bit::zero() && b[high - 1] == Bit::zero()) --high;
    high = std::min(high + 1, a.size());
  }
  Chain chain;
  chain.subtract = subtract;
  chain.section = section_;
  for (size_t i = low; i < high; ++i) {
    chain.a.push_back(a[i]);
    chain.b.push_back(subtract ? !b[i] : b[i]);
  }
  const size_t shortest = chains_in_pairs_ ? 5 : 3;
  if (chain.a.size() < shortest) {
    const Bits small = small_sum(chain.a, chain.b, subtract ? Bit::one() : Bit::zero());
    result.insert(result.end(), small.begin(), small.end());
    result.resize(a.size(), Bit::zero());
    return result;
  }
  for (size_t i = 0; i < chain.a.size(); ++i) {
    const bool is_plain = part_.ff_behind_lut && i == 0 && logic_.is_constant(chain.b[0]);
    if (is_plain) {
      // Two of three constant: no more than an inverter, and the carry cell is gone.
      chain.sum.push_back(lxor(lxor(chain.a[0], chain.b[0]), subtract ? Bit::one() : Bit::zero()));
      continue;
    }
    chain.sum.push_back(input());
    own(chain.sum.back(), {Driver::Chain, static_cast<int>(chains_.size()), static_cast<int>(i)});
  }
  result.insert(result.end(), chain.sum.begin(), chain.sum.end());
  result.resize(a.size(), Bit::zero());
  chains_.push_back(std::move(chain));
  return result;
}

Bits Fabric::plus_one(const Bits& a) {
  Bits one(a.size(), Bit::zero());
  one[0] = Bit::one();
  return sum(a, one, false);
}

// A comparison by the carries of a chain that subtracts: the last one, or the exclusive or of sign and
// overflow.
Bit Fabric::carried(const Bits& a, const Bits& b, bool is_signed) {
  const auto width = static_cast<int>(a.size());
  Bits read = a;
  // The pair cell inverts by itself.
  for (const Bit bit : b) read.push_back(chains_in_pairs_ ? bit : !bit);
  double tables = is_signed ? 1 : 0;
  if (chains_in_pairs_) {
    // The first carry of a pair is not led out: it is made again.
    const bool is_even = width % 2 == 0;
    tables = is_signed ? 2 * std::ceil(width / 2.0) + (is_even ? 2 : 1)
                       : 2 * std::floor(width / 2.0) + (is_even ? 0 : 1);
  }
  const double carry = width;
  return block(std::move(read), 1, [=](int) {
    Cost cost;
    cost.lut = tables;
    cost.carry = carry;
    return cost;
  })[0];
}

Bit Fabric::less(const Bits& a, const Bits& b, bool is_signed) {
  const auto all_constant = [&](const Bits& bits) {
    return std::all_of(bits.begin(), bits.end(), [&](Bit bit) { return logic_.is_constant(bit); });
  };
  const bool fixed = all_constant(a) || all_constant(b);
  const size_t short_chain = chains_in_pairs_ ? 4 : 2;
  if (!sums_ready_ && a.size() > short_chain && !(fixed && a.size() <= static_cast<size_t>(part_.lut_inputs)))
    return carried(a, b, is_signed);
  // Groups of bits from the highest on: whether all are equal, and whether it is decided to be less.
  Bits equals, lesses;
  int left = 0;
  for (size_t i = a.size(); i-- > 0;) {
    const int taken = (logic_.is_constant(a[i]) ? 0 : 1) + (logic_.is_constant(b[i]) ? 0 : 1);
    if (left < taken || equals.empty()) {
      equals.push_back(Bit::one());
      lesses.push_back(Bit::zero());
      left = part_.lut_inputs;
    }
    left -= taken;
    const bool is_sign = is_signed && i + 1 == a.size();
    const Bit one_less = is_sign ? land(a[i], !b[i]) : land(!a[i], b[i]);
    lesses.back() = lor(lesses.back(), land(equals.back(), one_less));
    equals.back() = land(equals.back(), !lxor(a[i], b[i]));
  }
  if (sums_ready_ && equals.size() > 2) {
    Bits read;
    for (size_t group = 0; group < equals.size(); ++group) {
      read.push_back(land(equals[group], !lesses[group]));
      read.push_back(lesses[group]);
    }
    const auto carry = static_cast<double>(equals.size());
    return block(std::move(read), 1, [=](int) {
      Cost cost;
      cost.carry = carry;
      return cost;
    })[0];
  }
  Bit result = Bit::zero();
  for (size_t group = equals.size(); group-- > 0;) result = lor(lesses[group], land(equals[group], result));
  return result;
}

Bit Fabric::below(const Bits& a, std::int64_t value) {
  if (value <= 0) return Bit::zero();
  if (value >> std::min<size_t>(a.size(), 62)) return Bit::one();
  Bits limit;
  for (size_t i = 0; i < a.size(); ++i) limit.push_back((value >> i) & 1 ? Bit::one() : Bit::zero());
  const bool is_power = (value & (value - 1)) == 0;
  if (!sums_ready_ && !is_power && a.size() > static_cast<size_t>(part_.lut_inputs))
    return carried(a, limit, false);
  Bit result = Bit::zero();
  for (size_t i = 0; i < a.size(); ++i)
    result = limit[i] == Bit::one() ? lor(!a[i], result) : land(!a[i], result);
  return result;
}

// Partial products in columns, three rows to two by full adders until two are left, and an adder.
Bits Fabric::product(const Bits& x, const Bits& y, int width) {
  const Bits& a = x.size() < y.size() ? y : x;
  const Bits& b = x.size() < y.size() ? x : y;
  const auto at = [&](int i) {
    return i < static_cast<int>(a.size()) ? a[static_cast<size_t>(i)] : a.back();
  };
  std::vector<Bits> columns(static_cast<size_t>(width));
  const std::function<void(Bit, int)> add = [&](Bit bit, int position) {
    if (position >= width || bit == Bit::zero()) return;
    Bits& column = columns[static_cast<size_t>(position)];
    const auto same = std::find(column.begin(), column.end(), bit);
    if (same == column.end()) {
      column.push_back(bit);
    } else {
      column.erase(same);
      add(bit, position + 1);
    }
  };
  for (int i = 0; i < static_cast<int>(b.size()) && i < width; ++i) {
    const Bit factor = b[static_cast<size_t>(i)];
    const bool is_sign = i + 1 == static_cast<int>(b.size());
    for (int k = 0; i + k < width; ++k) add(land(is_sign ? !at(k) : at(k), factor), i + k);
    if (is_sign) add(factor, i);
  }
  std::vector<Bits> rows;
  for (bool any = true; any;) {
    any = false;
    Bits row(static_cast<size_t>(width), Bit::zero());
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].empty()) continue;
      row[i] = columns[i].front();
      columns[i].erase(columns[i].begin());
      any = true;
    }
    if (any) rows.push_back(std::move(row));
  }
  while (rows.size() > 2) {
    std::vector<Bits> next;
    size_t r = 0;
    for (; r + 2 < rows.size(); r += 3) {
      Bits sums, carries{Bit::zero()};
      for (size_t i = 0; i < columns.size(); ++i) {
        const Bit differ = lxor(rows[r][i], rows[r + 1][i]);
        sums.push_back(lxor(differ, rows[r + 2][i]));
        carries.push_back(lor(land(rows[r][i], rows[r + 1][i]), land(differ, rows[r + 2][i])));
      }
      carries.pop_back();
      next.push_back(std::move(sums));
      next.push_back(std::move(carries));
    }
    next.insert(next.end(), rows.begin() + static_cast<std::ptrdiff_t>(r), rows.end());
    rows = std::move(next);
  }
  if (rows.empty()) return Bits(static_cast<size_t>(width), Bit::zero());
  return rows.size() == 1 ? rows[0] : sum(rows[0], rows[1], false);
}

}  // namespace gw
