// Calls of the HDF5 library whose results are looked at: a negative one is an Error with HDF5's own message. For the
// sources of hdf5_file.hpp alone.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>

#include "io/files/hdf5_file.hpp"

namespace hecaton::io::hdf5 {

// Opening the library switches its printing on; every file operation begins by switching it off.
void silence();
[[noreturn]] void fail(const std::string& action);
void check(herr_t status, const std::string& action);
Handle take(hid_t id, Handle::Closer closer, const std::string& action);
Handle property_list(hid_t kind);
hid_t memory_type(Cell cell);
void read_rows(const Handle& column, hid_t type, std::uint64_t first, std::uint64_t count, void* rows);

// An attribute of columns and texts.
constexpr const char* checksum_name = "checksum";

}  // namespace hecaton::io::hdf5
