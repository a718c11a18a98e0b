// A 64-bit fingerprint of bytes, which may come in pieces: where they are cut changes nothing, and the length counts.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "core/engine/base/digest.hpp"

namespace hecaton {

class BytesDigest {
 public:
  void add(std::span<const unsigned char> bytes) {
    length_ += bytes.size();
    while (!bytes.empty()) {
      const std::size_t taken = std::min(sizeof word_ - filled_, bytes.size());
      std::memcpy(word_.data() + filled_, bytes.data(), taken);
      filled_ += taken;
      bytes = bytes.subspan(taken);
      if (filled_ == sizeof word_) flush();
    }
  }
  std::uint64_t value() {
    if (filled_ > 0) flush();
    digest_.add(length_);
    return digest_.value();
  }

 private:
  void flush() {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < filled_; ++i) word |= std::uint64_t{word_[i]} << (8 * i);
    digest_.add(word);
    filled_ = 0;
  }

  Digest digest_;
  std::array<unsigned char, 8> word_{};
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;
};

// Of a whole text: that of a resolved deck stands in every file that a run leaves.
inline std::uint64_t digest_of_text(std::string_view text) {
  BytesDigest digest;
  digest.add({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  return digest.value();
}

}  // namespace hecaton
