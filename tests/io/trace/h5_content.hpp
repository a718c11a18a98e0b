// All that an HDF5 file says, as plain values that can be compared: each object with its type, shape,
// attributes and raw bytes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace h5 {

struct Object {
  std::string type;  // "group", or the encoded type of a dataset
  std::vector<unsigned long long> shape;
  std::string bytes;                              // of a dataset, in the file's byte order
  std::map<std::string, std::string> attributes;  // values as text
  friend bool operator==(const Object&, const Object&) = default;
};

using Content = std::map<std::string, Object>;  // by path, "." being the root

Content read(const std::filesystem::path& path);
// Without everything at or below a path.
Content without(Content content, const std::string& path);

// A dataset's cells.
template <class T>
std::vector<T> cells(const Content& content, const std::string& path) {
  const std::string& bytes = content.at(path).bytes;
  std::vector<T> values(bytes.size() / sizeof(T));
  bytes.copy(reinterpret_cast<char*>(values.data()), bytes.size());
  return values;
}

}  // namespace h5
