// What an InputError says, without the folder of the files.
#pragma once

#include <string>

#include "io/files/input_error.hpp"
#include "tests/io/files/scratch_folder.hpp"

namespace hecaton::test {

// Empty if the call succeeds.
template <class Call>
std::string problem_of(const ScratchFolder& folder, Call&& call) {
  try {
    call();
  } catch (const io::InputError& error) {
    std::string text = error.what();
    const std::string prefix = folder.path().string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }
  return {};
}

}  // namespace hecaton::test
