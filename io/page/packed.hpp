// Whole numbers as short text, for pages that hold very many: each in as many characters of base 64 as it needs, as in source
// maps (base64 VLQ). A character has five bits of the number, the lowest first, and a sixth that says whether more follow; the
// lowest bit of all is the sign. Numbers are told exactly. From -15 to 15 they take one character, so columns are packed as
// differences between what is alike.
#pragma once

#include <cstdint>
#include <string>

namespace hecaton::io {

class Packed {
 public:
  // Precondition: not the least of all numbers.
  void add(std::int64_t number);
  // Letters, digits, + and / only.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Numbers that are told as differences, each to the one before; the first to 0.
class PackedSteps {
 public:
  void add(std::int64_t number) {
    packed_.add(number - before_);
    before_ = number;
  }
  const std::string& text() const { return packed_.text(); }

 private:
  Packed packed_;
  std::int64_t before_ = 0;
};

}  // namespace hecaton::io
