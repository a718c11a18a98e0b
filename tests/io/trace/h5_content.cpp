#include "tests/io/trace/h5_content.hpp"

#include <hdf5.h>

#include <stdexcept>

namespace h5 {
namespace {

std::string encoded(hid_t type) {
  std::size_t size = 0;
  H5Tencode(type, nullptr, &size);
  std::string text(size, '\0');
  H5Tencode(type, text.data(), &size);
  return text;
}

std::vector<unsigned long long> shape_of(hid_t space) {
  std::vector<unsigned long long> shape(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

std::string attribute_text(hid_t attribute) {
  const hid_t type = H5Aget_type(attribute);
  const hid_t space = H5Aget_space(attribute);
  const auto count = static_cast<std::size_t>(H5Sget_simple_extent_npoints(space));
  std::string text;
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0) {
    std::vector<char*> strings(count, nullptr);
    H5Aread(attribute, type, strings.data());
    for (const char* s : strings) text += std::string(s) + "\n";
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, strings.data());
  } else {
    text.resize(count * H5Tget_size(type));
    H5Aread(attribute, type, text.data());
  }
  H5Sclose(space);
  H5Tclose(type);
  return text;
}

herr_t take_attribute(hid_t object, const char* name, const H5A_info_t*, void* into) {
  const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  (*static_cast<std::map<std::string, std::string>*>(into))[name] = attribute_text(attribute);
  H5Aclose(attribute);
  return 0;
}

void take_dataset(hid_t dataset, Object& object) {
  const hid_t type = H5Dget_type(dataset);
  const hid_t space = H5Dget_space(dataset);
  object.type = encoded(type);
  object.shape = shape_of(space);
  object.bytes.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)) * H5Tget_size(type));
  if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, object.bytes.data()) < 0) {
    throw std::runtime_error("a dataset cannot be read");
  }
  H5Sclose(space);
  H5Tclose(type);
}

herr_t take_object(hid_t root, const char* name, const H5O_info_t* info, void* into) {
  Object& object = (*static_cast<Content*>(into))[name];
  const hid_t id = H5Oopen(root, name, H5P_DEFAULT);
  object.type = "group";
  if (info->type == H5O_TYPE_DATASET) take_dataset(id, object);
  H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_INC, nullptr, take_attribute, &object.attributes);
  H5Oclose(id);
  return 0;
}

}  // namespace

Content read(const std::filesystem::path& path) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) throw std::runtime_error("cannot open " + path.string());
  Content content;
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, take_object, &content, H5O_INFO_BASIC);
  H5Fclose(file);
  return content;
}

Content without(Content content, const std::string& path) {
  std::erase_if(
      content, [&](const auto& entry) { return entry.first == path || entry.first.starts_with(path + "/"); });
  return content;
}

}  // namespace h5
