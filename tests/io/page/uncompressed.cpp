#include "tests/io/page/uncompressed.hpp"

#include <zlib.h>

#include <cstdint>
#include <stdexcept>

namespace hecaton::test {
namespace {

std::string bytes_of(std::string_view letters) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (letters.size() % 4 != 0) throw std::runtime_error("letters that do not come in fours");
  const std::size_t end = letters.find('=');
  if (end != std::string_view::npos && letters.substr(end) != "=" && letters.substr(end) != "==")
    throw std::runtime_error("other padding");
  std::string bytes;
  std::uint32_t held = 0, bits = 0;
  for (const char letter : letters.substr(0, end)) {
    const std::size_t place = alphabet.find(letter);
    if (place == std::string_view::npos) throw std::runtime_error("no letter of base 64");
    held = held << 6U | static_cast<std::uint32_t>(place);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xffU);
  }
  return bytes;
}

}  // namespace

std::string uncompressed(std::string_view letters) {
  const std::string bytes = bytes_of(letters);
  constexpr std::size_t most_times =
      1032;  // as long as before: what deflate can do (zlib, technical details)
  std::string text(bytes.size() * most_times, '\0');
  uLongf size = text.size();
  if (uncompress(reinterpret_cast<Bytef*>(text.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                 bytes.size()) != Z_OK)
    throw std::runtime_error("not what zlib has compressed");
  text.resize(size);
  return text;
}

}  // namespace hecaton::test
