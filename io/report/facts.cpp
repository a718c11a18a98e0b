#include "io/report/facts.hpp"

#include <nlohmann/json.hpp>

namespace hecaton::io {
namespace {

// Bytes that are no UTF-8 are replaced.
std::string dumped(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Facts& Facts::put(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_.append(dumped(name)).append(":").append(json);
  return *this;
}

Facts& Facts::add(std::string_view name, std::string_view value) {
  return put(name, dumped(value));
}

Facts& Facts::add(std::string_view name, double value) {
  return put(name, dumped(value));
}

Facts& Facts::add(std::string_view name, const std::vector<Facts>& list) {
  std::string all;
  for (const Facts& each : list) all.append(all.empty() ? "" : ",").append(each.text());
  return put(name, "[" + all + "]");
}

std::string Facts::to_json() const {
  return nlohmann::ordered_json::parse(text()).dump(2) + "\n";
}

}  // namespace hecaton::io
