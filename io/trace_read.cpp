#include "io/hdf5_file.hpp"
#include "io/input_error.hpp"
#include "io/summary.hpp"
#include "io/trace_schema.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_text_bytes = 1U << 20U;  // a summary is a few kilobytes

[[noreturn]] void refuse(const fs::path& trace, const std::string& problem, const std::string& why,
                         const std::string& suggestion = {}) {
  throw InputError({trace.string()}, "", problem, why, suggestion);
}

void expect_hdf5_file(const fs::path& trace) {
  std::error_code error;
  const fs::file_status status = fs::status(trace, error);
  if (status.type() == fs::file_type::not_found) refuse(trace, "cannot be read", "there is no such file");
  if (error) refuse(trace, "cannot be read", error.message());
  if (status.type() == fs::file_type::directory) {
    refuse(trace, "cannot be read", "it is a folder", "name the trace.h5 in it");
  }
  if (status.type() != fs::file_type::regular) refuse(trace, "cannot be read", "it is no regular file");
  if (!hdf5::looks_like_hdf5(trace))
    refuse(trace, "is not a trace", "it is not an HDF5 file that can be read");
}

void expect_trace(const fs::path& trace, const hdf5::Handle& file) {
  const std::int64_t schema = hdf5::read_integer_attribute(file, "schema");
  if (schema != trace_schema) {
    refuse(
        trace, "cannot be read",
        "its schema is " + std::to_string(schema) + ", this version reads " + std::to_string(trace_schema));
  }
}

}  // namespace

Summary read_summary(const fs::path& trace) {
  expect_hdf5_file(trace);
  try {
    const hdf5::Handle file = hdf5::open(trace);
    expect_trace(trace, file);
    const std::string results = hdf5::read_text(file, "summary", most_text_bytes);
    const std::string run = hdf5::read_text(file, "provenance/run", most_text_bytes);
    return summary_from_parts(results, run, trace.string());
  } catch (const hdf5::Error& error) {
    refuse(trace, "is not a readable trace", error.what());
  }
}

}  // namespace hecaton::io
