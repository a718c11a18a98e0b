#include "io/files/hdf5_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "io/files/hdf5_calls.hpp"
#include "io/files/seal.hpp"

namespace hecaton::io::hdf5 {
namespace {

hid_t file_type(Cell cell) {
  switch (cell) {
    case Cell::u8:
      return H5T_STD_U8LE;
    case Cell::i16:
      return H5T_STD_I16LE;
    case Cell::i32:
      return H5T_STD_I32LE;
    case Cell::u32:
      return H5T_STD_U32LE;
    case Cell::i64:
      return H5T_STD_I64LE;
    case Cell::u64:
      return H5T_STD_U64LE;
    case Cell::f64:
      return H5T_IEEE_F64LE;
  }
  throw std::logic_error("an HDF5 cell type without a file type");
}

// Space is reserved at creation, so that ranks that open the file later only fill it in.
Handle dataset_properties() {
  Handle list = property_list(H5P_DATASET_CREATE);
  check(H5Pset_obj_track_times(list.id(), false), "switching HDF5 time stamps off");
  check(H5Pset_layout(list.id(), H5D_CONTIGUOUS), "choosing the HDF5 layout");
  check(H5Pset_alloc_time(list.id(), H5D_ALLOC_TIME_EARLY), "choosing the HDF5 allocation time");
  check(H5Pset_fill_time(list.id(), H5D_FILL_TIME_NEVER), "choosing the HDF5 fill time");
  return list;
}

Handle text_type(std::size_t bytes) {
  Handle type = take(H5Tcopy(H5T_C_S1), H5Tclose, "creating an HDF5 text type");
  check(H5Tset_size(type.id(), bytes), "sizing an HDF5 text type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "choosing the HDF5 character set");
  if (bytes != H5T_VARIABLE) check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "padding an HDF5 text type");
  return type;
}

Handle scalar() {
  return take(H5Screate(H5S_SCALAR), H5Sclose, "creating an HDF5 scalar");
}

Handle vector_space(hsize_t length) {
  return take(H5Screate_simple(1, &length, nullptr), H5Sclose, "creating an HDF5 space");
}

std::size_t count_cells(const Handle& space) {
  const hssize_t cells = H5Sget_simple_extent_npoints(space.id());
  if (cells < 0) fail("counting the cells of an HDF5 space");
  return static_cast<std::size_t>(cells);
}

void write_attribute(const Handle& object, const std::string& name, const Handle& type, const Handle& space,
                     const void* value) {
  const std::string action = "writing the attribute '" + name + "'";
  const Handle attribute =
      take(H5Acreate2(object.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
           action);
  check(H5Awrite(attribute.id(), type.id(), value), action);
}

// Texts of `width` bytes each.
void write_padded(const Handle& parent, const std::string& name, std::size_t width, const Handle& space,
                  const char* texts) {
  const std::string action = "writing the text '" + name + "'";
  const Handle type = text_type(width);
  const Handle properties = dataset_properties();
  const Handle dataset = take(
      H5Dcreate2(parent.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
      H5Dclose, action);
  check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts), action);
  const std::span<const char> bytes(texts, width * count_cells(space));
  write_checksum(dataset, checksum_of_cells(std::as_bytes(bytes), 1, 0));
}

}  // namespace

void Handle::close() {
  if (id_ < 0) return;
  const hid_t id = std::exchange(id_, H5I_INVALID_HID);
  check(closer_(id), "closing an HDF5 object");
}

std::size_t cell_bytes(Cell cell) {
  switch (cell) {
    case Cell::u8:
      return 1;
    case Cell::i16:
      return 2;
    case Cell::i32:
    case Cell::u32:
      return 4;
    case Cell::i64:
    case Cell::u64:
    case Cell::f64:
      return 8;
  }
  throw std::logic_error("an HDF5 cell type without a size");
}

Handle create(const std::filesystem::path& path) {
  silence();
  const Handle properties = property_list(H5P_FILE_CREATE);
  check(H5Pset_obj_track_times(properties.id(), false), "switching HDF5 time stamps off");
  const Handle access = property_list(H5P_FILE_ACCESS);
  // Without a buffer of HDF5's own, a write that fails is reported by that write and not lost in a later
  // close.
  check(H5Pset_sieve_buf_size(access.id(), 0), "switching HDF5 buffering off");
  // Some shared file systems know no locks; the file is new, and nobody else writes it.
  check(H5Pset_file_locking(access.id(), false, true), "switching HDF5 file locks off");
  return take(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties.id(), access.id()), H5Fclose,
              "creating " + path.string());
}

Handle open(const std::filesystem::path& path) {
  silence();
  try {
    expect_unchanged(path);
  } catch (const std::exception& error) {
    throw Error(error.what());
  }
  const Handle access = property_list(H5P_FILE_ACCESS);
  // Some shared file systems know no locks; a reader of a finished file needs none.
  check(H5Pset_file_locking(access.id(), false, true), "switching HDF5 file locks off");
  return take(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose, "opening " + path.string());
}

Handle open_again(const std::filesystem::path& path) {
  silence();
  const Handle access = property_list(H5P_FILE_ACCESS);
  check(H5Pset_file_locking(access.id(), false, true), "switching HDF5 file locks off");
  return take(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.id()), H5Fclose, "opening " + path.string());
}

Handle open_shared(const std::filesystem::path& path, MPI_Comm comm) {
  silence();
  const Handle access = property_list(H5P_FILE_ACCESS);
  check(H5Pset_fapl_mpio(access.id(), comm, MPI_INFO_NULL), "choosing parallel HDF5");
  // One rank reads the structure and tells the others, instead of all ranks reading it.
  check(H5Pset_all_coll_metadata_ops(access.id(), true), "choosing collective HDF5 metadata reads");
  check(H5Pset_coll_metadata_write(access.id(), true), "choosing collective HDF5 metadata writes");
  return take(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.id()), H5Fclose,
              "opening " + path.string() + " on all ranks");
}

Handle create_group(const Handle& parent, const std::string& name) {
  const Handle properties = property_list(H5P_GROUP_CREATE);
  check(H5Pset_obj_track_times(properties.id(), false), "switching HDF5 time stamps off");
  return take(H5Gcreate2(parent.id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Gclose,
              "creating the group '" + name + "'");
}

namespace {

// Selects cells, of a matrix those of whole lines.
void select_cells(const Handle& space, std::uint64_t first, std::uint64_t count, const std::string& action) {
  const int dimensions = H5Sget_simple_extent_ndims(space.id());
  if (dimensions != 1 && dimensions != 2) throw Error(action + ": it is no column and no matrix");
  std::array<hsize_t, 2> extent{};
  check(H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr), action);
  const hsize_t line = dimensions == 2 ? extent[1] : 1;
  if (line == 0 || first % line != 0 || count % line != 0)
    throw Error(action + ": they are not whole lines of a matrix");
  const std::array<hsize_t, 2> start{first / line, 0}, length{count / line, line};
  check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, length.data(), nullptr),
        action);
}

Handle create_dataset(const Handle& parent, const std::string& name, Cell cell, const Handle& space) {
  const Handle properties = dataset_properties();
  return take(H5Dcreate2(parent.id(), name.c_str(), file_type(cell), space.id(), H5P_DEFAULT, properties.id(),
                         H5P_DEFAULT),
              H5Dclose, "creating the column '" + name + "'");
}

}  // namespace

Handle create_column(const Handle& parent, const std::string& name, Cell cell, std::uint64_t rows) {
  return create_dataset(parent, name, cell, vector_space(rows));
}

Handle create_matrix(const Handle& parent, const std::string& name, Cell cell, std::uint64_t rows,
                     std::uint64_t columns) {
  const std::array<hsize_t, 2> extent{rows, columns};
  return create_dataset(
      parent, name, cell,
      take(H5Screate_simple(2, extent.data(), nullptr), H5Sclose, "creating an HDF5 space"));
}

void write_column(const Handle& column, Cell cell, const void* rows) {
  check(H5Dwrite(column.id(), memory_type(cell), H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), "writing a column");
  const Handle space = take(H5Dget_space(column.id()), H5Sclose, "writing a column");
  const std::span<const std::byte> cells(static_cast<const std::byte*>(rows),
                                         cell_bytes(cell) * count_cells(space));
  write_checksum(column, checksum_of_cells(cells, cell_bytes(cell), 0));
}

void write_checksum(const Handle& column, std::uint64_t checksum) {
  const std::string action = "writing the attribute 'checksum'";
  const htri_t is_there = H5Aexists(column.id(), checksum_name);
  if (is_there < 0) fail(action);
  const Handle attribute = is_there > 0
                               ? take(H5Aopen(column.id(), checksum_name, H5P_DEFAULT), H5Aclose, action)
                               : take(H5Acreate2(column.id(), checksum_name, H5T_STD_U64LE, scalar().id(),
                                                 H5P_DEFAULT, H5P_DEFAULT),
                                      H5Aclose, action);
  check(H5Awrite(attribute.id(), H5T_NATIVE_UINT64, &checksum), action);
}

void write_text(const Handle& parent, const std::string& name, std::string_view text) {
  const std::string copy =
      text.empty() ? std::string(1, '\0') : std::string(text);  // no zero-sized text in HDF5
  write_padded(parent, name, copy.size(), scalar(), copy.data());
}

void write_texts(const Handle& parent, const std::string& name, const std::vector<std::string>& texts) {
  std::size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, text.size());
  std::string cells(width * texts.size(), '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i].copy(&cells[i * width], width);
  write_padded(parent, name, width, vector_space(texts.size()), cells.data());
}

void write_attribute(const Handle& object, const std::string& name, const std::string& text) {
  const char* pointer = text.c_str();
  write_attribute(object, name, text_type(H5T_VARIABLE), scalar(), static_cast<const void*>(&pointer));
}

void write_attribute(const Handle& object, const std::string& name, const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  write_attribute(object, name, text_type(H5T_VARIABLE), vector_space(texts.size()), pointers.data());
}

void write_attribute(const Handle& object, const std::string& name, std::int64_t value) {
  const std::string action = "writing the attribute '" + name + "'";
  const Handle space = scalar();
  const Handle attribute =
      take(H5Acreate2(object.id(), name.c_str(), H5T_STD_I64LE, space.id(), H5P_DEFAULT, H5P_DEFAULT),
           H5Aclose, action);
  check(H5Awrite(attribute.id(), H5T_NATIVE_INT64, &value), action);
}

void copy_object(const Handle& from, const std::string& path, const Handle& to) {
  check(H5Ocopy(from.id(), path.c_str(), to.id(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT),
        "copying '" + path + "'");
}

Handle create_virtual_column(const Handle& parent, const std::string& name, Cell cell,
                             const std::vector<Source>& sources) {
  const std::string action = "creating the column '" + name + "'";
  hsize_t rows = 0;
  for (const Source& source : sources) rows += source.rows;
  const Handle space = vector_space(rows);
  const Handle properties = property_list(H5P_DATASET_CREATE);
  check(H5Pset_obj_track_times(properties.id(), false), "switching HDF5 time stamps off");
  hsize_t first = 0;
  for (const Source& source : sources) {
    const hsize_t count = source.rows;
    if (count == 0) continue;
    check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &first, nullptr, &count, nullptr), action);
    const Handle source_space = vector_space(count);
    check(H5Pset_virtual(properties.id(), space.id(), source.file.c_str(), source.column.c_str(),
                         source_space.id()),
          action);
    first += count;
  }
  check(H5Sselect_all(space.id()), action);
  return take(H5Dcreate2(parent.id(), name.c_str(), file_type(cell), space.id(), H5P_DEFAULT, properties.id(),
                         H5P_DEFAULT),
              H5Dclose, action);
}

void add_hard_link(const Handle& file, const std::string& existing, const std::string& added) {
  check(H5Lcreate_hard(file.id(), existing.c_str(), file.id(), added.c_str(), H5P_DEFAULT, H5P_DEFAULT),
        "linking '" + added + "'");
}

Handle open_column(const Handle& file, const std::string& path) {
  return take(H5Dopen2(file.id(), path.c_str(), H5P_DEFAULT), H5Dclose, "opening the column '" + path + "'");
}

void write_rows(const Handle& column, Cell cell, std::uint64_t first, std::uint64_t count, const void* rows) {
  const std::string action = "writing rows of a column";
  const Handle file_space = take(H5Dget_space(column.id()), H5Sclose, action);
  select_cells(file_space, first, count, action);
  const Handle memory_space = vector_space(count);
  check(H5Dwrite(column.id(), memory_type(cell), memory_space.id(), file_space.id(), H5P_DEFAULT, rows),
        action);
}

void read_rows(const Handle& column, hid_t type, std::uint64_t first, std::uint64_t count, void* rows) {
  const std::string action = "reading rows of a column";
  const Handle file_space = take(H5Dget_space(column.id()), H5Sclose, action);
  select_cells(file_space, first, count, action);
  const Handle memory_space = vector_space(count);
  check(H5Dread(column.id(), type, memory_space.id(), file_space.id(), H5P_DEFAULT, rows), action);
}

void read_rows(const Handle& column, Cell cell, std::uint64_t first, std::uint64_t count, void* rows) {
  read_rows(column, memory_type(cell), first, count, rows);
}

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  check(H5get_libversion(&major, &minor, &release), "asking HDF5 for its version");
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

}  // namespace hecaton::io::hdf5
