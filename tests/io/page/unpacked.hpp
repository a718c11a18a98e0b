// Packed columns of a page as numbers.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hecaton::test {

// The numbers of a packed text, read as source maps are: by remainders, and not as the page's own code reads them.
inline std::vector<std::int64_t> unpacked(const nlohmann::json& text) {
  const std::string characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::int64_t> numbers;
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const char character : text.get<std::string>()) {
    const std::uint64_t digit = characters.find(character);
    value += (digit & 31U) << shift;
    shift += 5;
    if (digit >= 32) continue;
    const auto size = static_cast<std::int64_t>(value / 2);
    numbers.push_back(value % 2 == 1 ? -size : size);
    value = shift = 0;
  }
  return numbers;
}

}  // namespace hecaton::test
