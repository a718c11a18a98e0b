// The critical path in a trace: a row per segment, in the order of time.
#pragma once

#include <filesystem>

#include "core/critical_path/segments.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {

TraceTable<critical::Segment> critical_path_table();

// Serial.
void write_critical_path(const hdf5::Handle& file, const critical::Path& path);

// The path that a trace holds; empty if it holds none. Throws hdf5::Error; to be called in a process of its own, since the
// file may be anything.
critical::Path read_critical_path(const hdf5::Handle& file);

// The same in such a process: throws InputError for all that is no
// readable trace, and for segments that do not follow each other from the start.
critical::Path read_critical_path(const std::filesystem::path& trace);

}  // namespace hecaton::io
