#include "io/trace/texts.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "io/files/child_process.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/files/input_error.hpp"
#include "io/result/summary.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_text_bytes = 1U << 20U;  // a summary is a few kilobytes
constexpr char separator = '\0';                    // no JSON text holds it

[[noreturn]] void refuse(const fs::path& trace, const std::string& problem, const std::string& why,
                         const std::string& suggestion = {}) {
  throw InputError({trace.string()}, "", problem, why, suggestion);
}

void expect_file(const fs::path& trace) {
  std::error_code error;
  const fs::file_status status = fs::status(trace, error);
  if (status.type() == fs::file_type::not_found) refuse(trace, "cannot be read", "there is no such file");
  if (error) refuse(trace, "cannot be read", error.message());
  if (status.type() == fs::file_type::directory) {
    refuse(trace, "cannot be read", "it is a folder", "name the trace.h5 in it");
  }
  if (status.type() != fs::file_type::regular) refuse(trace, "cannot be read", "it is no regular file");
  if (::access(trace.c_str(), R_OK) != 0)
    refuse(trace, "cannot be read", std::generic_category().message(errno), "check its permissions");
}

void expect_schema(const hdf5::Handle& file) {
  const std::int64_t schema = hdf5::read_integer_attribute(file, "schema");
  if (schema == trace_schema) return;
  throw hdf5::Error("its schema is " + std::to_string(schema) + ", this version reads " +
                    std::to_string(trace_schema));
}

// The two texts of a summary, one after the other.
std::string read_texts(const fs::path& trace) {
  if (!hdf5::looks_like_hdf5(trace)) throw hdf5::Error("it is not an HDF5 file");
  const hdf5::Handle file = hdf5::open(trace);
  expect_schema(file);
  const std::string results = hdf5::read_text(file, "summary", most_text_bytes);
  const std::string run = hdf5::read_text(file, "provenance/run", most_text_bytes);
  return results + separator + run;
}

}  // namespace

Summary read_summary(const fs::path& trace) {
  expect_file(trace);
  std::string texts;
  try {
    texts = isolated([&] { return read_texts(trace); });
  } catch (const std::runtime_error& error) {
    refuse(trace, "is not a readable trace", error.what());
  }
  const std::size_t end = texts.find(separator);
  if (end == std::string::npos) refuse(trace, "is not a readable trace", "it holds no summary");
  return summary_from_parts(std::string_view(texts).substr(0, end), std::string_view(texts).substr(end + 1),
                            trace.string());
}

std::string deck_text_of(const hdf5::Handle& file) {
  return hdf5::read_text(file, "deck", most_deck_bytes);
}

std::string deck_text_of(const fs::path& trace) {
  try {
    return isolated([&] { return deck_text_of(hdf5::open(trace)); });
  } catch (const std::runtime_error& error) {
    refuse(trace, "holds a deck that cannot be read", error.what());
  }
}

}  // namespace hecaton::io
