// Occupancy of a die's two buffers: bytes that its program has allocated and not yet released, and the most
// that there were at any time.
//
// Data on its way to DRAM keeps its place until the write is complete: such a release is deferred until the
// DRAM slot has nothing outstanding. A release of more than is held is a bug of the program
// (std::logic_error).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

#include "core/chiplet/program/program.hpp"

namespace hecaton::chiplet {

class Occupancy {
 public:
  void allocate(Buffer buffer, std::uint64_t bytes) {
    Use& use = uses_[index(buffer)];
    use.held += bytes;
    use.peak = std::max(use.peak, use.held);
  }
  void release(Buffer buffer, std::uint64_t bytes) {
    Use& use = uses_[index(buffer)];
    if (bytes > use.held) throw std::logic_error("a program releases more of a buffer than it holds");
    use.held -= bytes;
  }
  // Deferred until complete(slot).
  void release_after(std::uint8_t slot, Buffer buffer, std::uint64_t bytes) {
    deferred_.at(slot)[index(buffer)] += bytes;
    slots_ |= 1U << slot;
  }
  // Nothing is outstanding in the slot any more.
  void complete(std::uint8_t slot) {
    for (const Buffer buffer : {Buffer::activation, Buffer::weight}) {
      std::uint64_t& bytes = deferred_.at(slot)[index(buffer)];
      release(buffer, bytes);
      bytes = 0;
    }
    slots_ &= ~(1U << slot);
  }
  bool has_deferred() const { return slots_ != 0; }
  bool has_deferred(std::uint8_t slot) const { return (slots_ >> slot & 1U) != 0; }

  std::uint64_t held(Buffer buffer) const { return uses_[index(buffer)].held; }
  std::uint64_t peak(Buffer buffer) const { return uses_[index(buffer)].peak; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(uses_, deferred_, slots_);
  }

 private:
  struct Use {
    std::uint64_t held = 0, peak = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(held, peak);
    }
  };
  static constexpr std::size_t index(Buffer buffer) { return static_cast<std::size_t>(buffer); }

  std::array<Use, 2> uses_{};
  std::array<std::array<std::uint64_t, 2>, dram_slots> deferred_{};  // by slot, by buffer
  std::uint32_t slots_ = 0;                                          // a bit for each with a deferred release
};

}  // namespace hecaton::chiplet
