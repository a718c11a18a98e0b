#include "io/page/compressed_text.hpp"

#include <zlib.h>

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <new>

namespace hecaton::io {
namespace {

std::string compressed(std::string_view text) {
  uLongf size = compressBound(text.size());
  std::string bytes(size, '\0');
  const int result = compress(reinterpret_cast<Bytef*>(bytes.data()), &size,
                              reinterpret_cast<const Bytef*>(text.data()), text.size());
  if (result != Z_OK)
    throw std::bad_alloc();  // all else cannot be: there is room, and the level is zlib's own
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::string compressed_text(std::string_view text) {
  using Sixths = boost::archive::iterators::transform_width<const char*, 6, 8>;
  using Letters = boost::archive::iterators::base64_from_binary<Sixths>;
  std::string bytes = compressed(text);
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  bytes.append(padding, '\0');  // the iterators read whole letters
  std::string letters(Letters(bytes.data()), Letters(bytes.data() + bytes.size()));
  letters.replace(letters.size() - padding, padding, padding, '=');
  return letters;
}

}  // namespace hecaton::io
