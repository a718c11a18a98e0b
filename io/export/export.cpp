#include "io/export/export.hpp"

#include <fmt/format.h>

#include <deque>
#include <functional>
#include <stdexcept>

#include "io/export/csv.hpp"
#include "io/export/output.hpp"
#include "io/export/timeline.hpp"
#include "io/export/trace_reader.hpp"
#include "io/files/atomic_file.hpp"
#include "io/files/child_process.hpp"
#include "io/files/input_error.hpp"
#include "io/result/summary.hpp"
#include "io/trace/stretch.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

// A file to be made, and what makes its content.
struct Product {
  fs::path path;
  std::function<void(const OpenTrace&, Output&)> write;
};

std::vector<Product> products_of(const ExportRequest& request) {
  std::vector<Product> products;
  const ExportFilter& filter = request.filter;
  if (!request.chrome.empty()) {
    products.push_back({request.chrome, [&filter](const OpenTrace& trace, Output& output) {
                          write_timeline(trace, filter, ChromeWriter(output));
                        }});
  }
  if (!request.perfetto.empty()) {
    products.push_back({request.perfetto, [&filter](const OpenTrace& trace, Output& output) {
                          write_timeline(trace, filter, PerfettoWriter(output));
                        }});
  }
  for (const CsvTable table : values_of<CsvTable>()) {
    if (request.csv.empty()) break;
    products.push_back({request.csv / fmt::format("{}.csv", name_of(table)),
                        [&filter, table](const OpenTrace& trace, Output& output) {
                          write_csv(trace, filter, table, output);
                        }});
  }
  return products;
}

// A slow disk reads a megabyte in a second.
unsigned most_seconds(const fs::path& trace) {
  constexpr std::uintmax_t least = 600;
  return static_cast<unsigned>(least + (fs::file_size(trace) >> 20U));
}

[[noreturn]] void refuse(const fs::path& trace, std::string_view problem, std::string_view why,
                         std::string_view suggestion) {
  throw InputError({trace.string()}, "", problem, why, suggestion);
}

// In a process of its own. Reads every table as it would be written, to a place that keeps nothing.
std::string read_everything(const fs::path& path, const ExportRequest& request) {
  const OpenTrace trace = open_trace(path);
  Output nowhere("/dev/null");
  for (const Product& product : products_of(request)) product.write(trace, nowhere);
  return fmt::format("{}", OperationReader(trace).rows());
}

}  // namespace

std::vector<fs::path> exported_files(const ExportRequest& request) {
  std::vector<fs::path> files;
  for (const Product& product : products_of(request)) files.push_back(product.path);
  return files;
}

void check_export(const fs::path& trace, const ExportRequest& request) {
  const Summary summary = read_summary(trace);
  if (is_unfinished(trace)) {
    refuse(trace, "is of a run that has not ended", "its operations lie in other files",
           "let the run go on with --restart latest");
  }
  const std::int64_t dies = std::int64_t{summary.rows} * summary.columns;
  if (request.filter.dies.largest() >= dies) {
    throw InputError({"--dies"}, "", fmt::format("names die {}", request.filter.dies.largest()),
                     fmt::format("the trace has {} dies, 0 to {}", dies, dies - 1), "");
  }
  std::string operations;
  try {
    operations = isolated([&] { return read_everything(trace, request); }, most_seconds(trace));
  } catch (const std::runtime_error& error) {
    refuse(trace, "cannot be exported", error.what(), "");
  }
  const bool wants_timeline = !request.chrome.empty() || !request.perfetto.empty();
  if (operations == "0" && wants_timeline)
    refuse(trace, "holds no operations", "a timeline shows nothing else", "run the deck with --trace ops");
}

void export_trace(const fs::path& trace, const ExportRequest& request) {
  std::deque<AtomicFile> files;
  const std::vector<Product> products = products_of(request);
  for (const Product& product : products) files.emplace_back(product.path);
  isolated(
      [&] {
        const OpenTrace opened = open_trace(trace);
        for (std::size_t i = 0; i < products.size(); ++i) {
          Output output(files[i].temporary());
          products[i].write(opened, output);
          output.finish();
        }
        return std::string();
      },
      most_seconds(trace));
  for (AtomicFile& file : files) file.publish();
}

}  // namespace hecaton::io
