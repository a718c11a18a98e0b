// Writes what a trace holds in formats of other programs: timelines for viewers, tables for spreadsheets.
#pragma once

#include <filesystem>
#include <vector>

#include "io/export/filter.hpp"

namespace hecaton::io {

// An empty path: not that.
struct ExportRequest {
  std::filesystem::path chrome;    // a file: trace events in JSON
  std::filesystem::path perfetto;  // a file: Perfetto's protobuf
  std::filesystem::path csv;       // a folder: a file per table
  ExportFilter filter;
};

// All files that will be written.
std::vector<std::filesystem::path> exported_files(const ExportRequest& request);

// Reads all that would be exported, and writes nothing. The trace may be any file: throws InputError.
void check_export(const std::filesystem::path& trace, const ExportRequest& request);

// After check_export. Files are complete or not there; the folders exist. Throws std::runtime_error or std::system_error,
// and leaves what was there before.
void export_trace(const std::filesystem::path& trace, const ExportRequest& request);

}  // namespace hecaton::io
