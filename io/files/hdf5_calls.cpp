#include "io/files/hdf5_calls.hpp"

#include <stdexcept>

namespace hecaton::io::hdf5 {
namespace {

// The innermost message of HDF5's error stack says what went wrong; the outer ones only who called whom.
herr_t keep_description(unsigned, const H5E_error2_t* entry, void* text) {
  if (entry->desc != nullptr) *static_cast<std::string*>(text) = entry->desc;
  return 0;
}

}  // namespace

void fail(const std::string& action) {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_description, &reason);
  H5Eclear2(H5E_DEFAULT);
  throw Error(action + ": " + (reason.empty() ? "no reason given by HDF5" : reason));
}

void silence() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Handle take(hid_t id, Handle::Closer closer, const std::string& action) {
  if (id < 0) fail(action);
  return {id, closer};
}

void check(herr_t status, const std::string& action) {
  if (status < 0) fail(action);
}

Handle property_list(hid_t kind) {
  return take(H5Pcreate(kind), H5Pclose, "creating an HDF5 property list");
}

hid_t memory_type(Cell cell) {
  switch (cell) {
    case Cell::u8:
      return H5T_NATIVE_UINT8;
    case Cell::i16:
      return H5T_NATIVE_INT16;
    case Cell::i32:
      return H5T_NATIVE_INT32;
    case Cell::u32:
      return H5T_NATIVE_UINT32;
    case Cell::i64:
      return H5T_NATIVE_INT64;
    case Cell::u64:
      return H5T_NATIVE_UINT64;
    case Cell::f64:
      return H5T_NATIVE_DOUBLE;
  }
  throw std::logic_error("an HDF5 cell type without a memory type");
}

}  // namespace hecaton::io::hdf5
