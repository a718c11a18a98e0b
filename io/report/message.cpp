#include "io/report/message.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace hecaton::io {
namespace {

void print_line(std::string_view kind, std::string_view message) {
  fmt::print(stderr, "hecaton: {}{}\n", kind, message);
  std::fflush(stderr);
}

}  // namespace

void print_notice(std::string_view message) {
  print_line("", message);
}

void print_warning(std::string_view message) {
  print_line("warning: ", message);
}

void print_error(std::string_view message) {
  print_line("error: ", message);
}

}  // namespace hecaton::io
