// What the program says when memory has run out: how much was asked for, what it held, and what was foretold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>

namespace hecaton::runs {

// Thrown by `new` in programs of the house, so that the size of a request that fails is known. It takes no time: `new` is
// malloc and a comparison as before. With sanitizers, which have a `new` of their own, it is a plain std::bad_alloc.
struct FailedRequest : std::bad_alloc {
  explicit FailedRequest(std::size_t wanted) : bytes(wanted) {}
  const char* what() const noexcept override { return "memory has run out"; }
  std::size_t bytes;
};

// Whatever memory is left, this line is made of little. 0: nothing was foretold.
std::string memory_text(const std::bad_alloc& failure, std::uint64_t foretold_bytes);

}  // namespace hecaton::runs
