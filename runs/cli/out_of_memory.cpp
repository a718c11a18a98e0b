#include "runs/cli/out_of_memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>

#include "io/report/quantity.hpp"

#ifndef __SANITIZE_ADDRESS__
void* operator new(std::size_t bytes) {
  if (void* memory = std::malloc(std::max<std::size_t>(bytes, 1))) return memory;
  throw hecaton::runs::FailedRequest(bytes);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace hecaton::runs {
namespace {

std::string in_bytes(std::uint64_t bytes) {
  return io::format_si(static_cast<double>(bytes), "B");
}

std::string wanted_text(const std::bad_alloc& failure) {
  const auto* request = dynamic_cast<const FailedRequest*>(&failure);
  return request == nullptr ? "" : fmt::format(" ({} were asked for)", in_bytes(request->bytes));
}

std::string held_text() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return {};
  return fmt::format("; this process has held {}",
                     in_bytes(static_cast<std::uint64_t>(usage.ru_maxrss) * 1024));
}

std::string limit_text() {
  rlimit limit{};
  const bool is_limited = ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return is_limited ? fmt::format(" and may have {} (ulimit -v)", in_bytes(limit.rlim_cur))
                    : " and the host has no more";
}

}  // namespace

std::string memory_text(const std::bad_alloc& failure, std::uint64_t foretold_bytes) {
  const std::string advice =
      foretold_bytes == 0
          ? "; take a smaller deck"
          : fmt::format(
                "; `hecaton validate` foretells about {} for each of so many ranks: take more hosts or a smaller "
                "deck, or keep no operations (--trace summary)",
                in_bytes(foretold_bytes));
  return "memory has run out" + wanted_text(failure) + held_text() + limit_text() + advice;
}

}  // namespace hecaton::runs
