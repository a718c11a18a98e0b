// What a table shows, as JSON for scripts: names with their units in them ("step_s", "trace_bytes") and values, in the order
// of the table, within each other where need be.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hecaton::io {

class Facts {
 public:
  // A text of JSON that another part of the program has made.
  struct Json {
    std::string text;
  };

  Facts& add(std::string_view name, std::string_view value);
  Facts& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  Facts& add(std::string_view name, double value);
  Facts& add(std::string_view name, const Json& value) { return put(name, value.text); }
  Facts& add(std::string_view name, const Facts& value) { return put(name, value.text()); }
  Facts& add(std::string_view name, const std::vector<Facts>& list);
  template <std::same_as<bool> Value>
  Facts& add(std::string_view name, Value value) {
    return put(name, value ? "true" : "false");
  }
  template <std::integral Value>
  requires(!std::same_as<Value, bool>) Facts& add(std::string_view name, Value value) {
    return put(name, std::to_string(value));
  }
  // null where there is none.
  template <class Value>
  Facts& add(std::string_view name, const std::optional<Value>& value) {
    return value ? add(name, *value) : put(name, "null");
  }

  // An object, laid out for people, with a line end.
  std::string to_json() const;

 private:
  Facts& put(std::string_view name, std::string_view json);
  std::string text() const { return "{" + members_ + "}"; }

  std::string members_;
};

}  // namespace hecaton::io
