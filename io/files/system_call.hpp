// System calls whose results are looked at. One whose failure changes nothing is written static_cast<void>(::call()), with the
// reason why.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace hecaton::io {

// Throws what the system says if a call has failed: it answers less than 0 then.
template <class Result>
Result done_or_throw(Result result, const std::string& action) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), action);
  return result;
}

// Repeats a call that a signal has interrupted.
template <class Call>
auto uninterrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace hecaton::io
