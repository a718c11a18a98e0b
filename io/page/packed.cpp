#include "io/page/packed.hpp"

#include <cstdlib>
#include <string_view>

namespace hecaton::io {
namespace {

constexpr std::string_view characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned bits = 5;
constexpr std::uint64_t more = 1U << bits;

}  // namespace

void Packed::add(std::int64_t number) {
  std::uint64_t left = static_cast<std::uint64_t>(std::abs(number)) << 1U | (number < 0 ? 1U : 0U);
  for (; left >= more; left >>= bits) text_ += characters[left % more + more];
  text_ += characters[left];
}

}  // namespace hecaton::io
