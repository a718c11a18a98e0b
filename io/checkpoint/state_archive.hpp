// The archives of a checkpoint, for cereal: little-endian bytes in memory, the same on any machine. A reader
// believes nothing: a size is checked against what is left before anything is allocated for it, and reading
// beyond the end, or not up to it, is an error.
#pragma once

#include <bit>
#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/vector.hpp>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "core/engine/base/fields.hpp"

namespace hecaton::io {

template <class Value>
concept Plain = std::is_arithmetic_v<Value>;

// To or from little-endian.
template <Plain Value>
void in_file_order(unsigned char (&bytes)[sizeof(Value)]) {
  if constexpr (std::endian::native == std::endian::big)
    for (std::size_t i = 0; i < sizeof(Value) / 2; ++i) std::swap(bytes[i], bytes[sizeof(Value) - 1 - i]);
}

class StateWriter : public cereal::OutputArchive<StateWriter, cereal::AllowEmptyClassElision> {
 public:
  StateWriter() : OutputArchive(this) {}

  template <Plain Value>
  void put(Value value) {
    unsigned char bytes[sizeof(Value)];
    std::memcpy(bytes, &value, sizeof value);
    in_file_order<Value>(bytes);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof value);
  }
  const std::vector<unsigned char>& bytes() const { return bytes_; }
  // Without the room that was kept for more: a checkpoint holds thousands of these.
  std::vector<unsigned char> take() {
    bytes_.shrink_to_fit();
    return std::move(bytes_);
  }

 private:
  std::vector<unsigned char> bytes_;
};

class StateReader : public cereal::InputArchive<StateReader, cereal::AllowEmptyClassElision> {
 public:
  // The bytes outlive the reader.
  explicit StateReader(std::span<const unsigned char> bytes) : InputArchive(this), left_(bytes) {}

  template <Plain Value>
  void get(Value& value) {
    if (left_.size() < sizeof(Value)) throw std::runtime_error("it ends in the middle of a value");
    unsigned char bytes[sizeof(Value)];
    std::memcpy(bytes, left_.data(), sizeof bytes);
    in_file_order<Value>(bytes);
    if constexpr (std::same_as<Value, bool>) {
      value = bytes[0] != 0;
    } else {
      std::memcpy(&value, bytes, sizeof value);
    }
    left_ = left_.subspan(sizeof(Value));
  }
  // Every element takes a byte at least.
  void expect_elements(std::uint64_t count) const {
    if (count > left_.size()) throw std::runtime_error("it announces more than it holds");
  }
  void expect_end() const {
    if (!left_.empty()) throw std::runtime_error("it holds more than it should");
  }

 private:
  std::span<const unsigned char> left_;
};

// What cereal looks for.
template <Plain Value>
void CEREAL_SAVE_FUNCTION_NAME(StateWriter& archive, const Value& value) {
  archive.put(value);
}
template <Plain Value>
void CEREAL_LOAD_FUNCTION_NAME(StateReader& archive, Value& value) {
  archive.get(value);
}
template <class Archive, class Value>
CEREAL_ARCHIVE_RESTRICT(StateReader, StateWriter)
CEREAL_SERIALIZE_FUNCTION_NAME(Archive& archive, cereal::NameValuePair<Value>& pair) {
  archive(pair.value);
}
// A struct that lists its fields, which needs no function of its own.
template <class Archive, HasFields Row>
CEREAL_ARCHIVE_RESTRICT(StateReader, StateWriter)
CEREAL_SERIALIZE_FUNCTION_NAME(Archive& archive, Row& row) {
  visit_fields(row, [&archive](const char*, auto& value) { archive(value); });
}
template <class Size>
void CEREAL_SAVE_FUNCTION_NAME(StateWriter& archive, const cereal::SizeTag<Size>& tag) {
  archive.put(static_cast<std::uint64_t>(tag.size));
}
template <class Size>
void CEREAL_LOAD_FUNCTION_NAME(StateReader& archive, cereal::SizeTag<Size>& tag) {
  std::uint64_t count = 0;
  archive.get(count);
  archive.expect_elements(count);
  tag.size = static_cast<std::decay_t<Size>>(count);
}
inline void CEREAL_SAVE_FUNCTION_NAME(StateWriter& archive, const std::string& text) {
  archive(std::vector<char>(text.begin(), text.end()));
}
inline void CEREAL_LOAD_FUNCTION_NAME(StateReader& archive, std::string& text) {
  std::vector<char> characters;
  archive(characters);
  text.assign(characters.begin(), characters.end());
}

}  // namespace hecaton::io

CEREAL_SETUP_ARCHIVE_TRAITS(hecaton::io::StateReader, hecaton::io::StateWriter)
