// A 64-bit number that does not wrap: what would leave 0 to 2^64 - 1 throws std::overflow_error. For times and
// counts that follow from the values of a deck, all of which may be at their limits.
#pragma once

#include <compare>
#include <cstdint>
#include <stdexcept>

namespace hecaton {

[[noreturn]] inline void throw_count_overflow() {
  throw std::overflow_error("a count overflowed 64 bits");
}

// Numbers become one by themselves; it becomes a number by value() only, so that no product escapes the check.
class Checked {
 public:
  constexpr Checked() = default;
  constexpr Checked(std::uint64_t value) : value_(value) {}
  constexpr std::uint64_t value() const { return value_; }

  friend constexpr auto operator<=>(Checked, Checked) = default;
  friend constexpr Checked operator+(Checked a, Checked b) {
    if (__builtin_add_overflow(a.value_, b.value_, &a.value_)) throw_count_overflow();
    return a;
  }
  friend constexpr Checked operator-(Checked a, Checked b) {
    if (__builtin_sub_overflow(a.value_, b.value_, &a.value_)) throw_count_overflow();
    return a;
  }
  friend constexpr Checked operator*(Checked a, Checked b) {
    if (__builtin_mul_overflow(a.value_, b.value_, &a.value_)) throw_count_overflow();
    return a;
  }
  friend constexpr Checked operator/(Checked a, Checked b) { return a.value_ / b.value_; }
  constexpr Checked& operator+=(Checked b) { return *this = *this + b; }

 private:
  std::uint64_t value_ = 0;
};

// For sums that are kept as plain numbers.
constexpr void add_checked(std::uint64_t& sum, Checked added) {
  sum = (Checked{sum} + added).value();
}

}  // namespace hecaton
