#include "io/deck/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/deck/lists.hpp"

namespace hecaton::io {
namespace {

[[noreturn]] void refuse_type(const Entry& entry, const Key& key) {
  throw InputError(entry.where, full_name(key), fmt::format("is {}", entry.type),
                   fmt::format("{} is needed", describe_type(key)),
                   fmt::format("give {}", describe_range(key)));
}

// Turns what stands in the deck into a value of the key's type, or refuses it.
struct Checker {
  const Entry& entry;
  const Key& key;

  [[noreturn]] void refuse_range(std::string_view value) const {
    throw InputError(entry.where, full_name(key), "is out of range",
                     fmt::format("{} is not in {}", value, describe_range(key)),
                     "give a value in that range");
  }

  Value operator()(const IntegerType& type) const {
    const auto* value = std::get_if<std::int64_t>(&entry.value);
    if (value == nullptr) refuse_type(entry, key);
    if (*value < type.least || *value > type.most) refuse_range(to_toml(*value));
    return *value;
  }

  Value operator()(const RealType& type) const {
    const auto* whole = std::get_if<std::int64_t>(&entry.value);
    const auto* real = std::get_if<double>(&entry.value);
    if (whole == nullptr && real == nullptr) refuse_type(entry, key);
    const double value = real != nullptr ? *real : static_cast<double>(*whole);
    if (!std::isfinite(value)) {
      throw InputError(entry.where, full_name(key), "is not finite", fmt::format("{}", value),
                       fmt::format("give {}", describe_range(key)));
    }
    if (value < type.least || value > type.most) refuse_range(fmt::format("{}", value));
    return value + 0.0;  // -0.0 becomes 0.0
  }

  Value operator()(const BooleanType&) const {
    const auto* value = std::get_if<bool>(&entry.value);
    if (value == nullptr) refuse_type(entry, key);
    return *value;
  }

  const std::string& text() const {
    const auto* value = std::get_if<std::string>(&entry.value);
    if (value == nullptr) refuse_type(entry, key);
    return *value;
  }

  Value operator()(const TextType&) const {
    constexpr std::size_t longest = 64;
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    const std::string& value = text();
    if (value.empty() || value.size() > longest || value.find_first_not_of(allowed) != std::string::npos) {
      throw InputError(entry.where, full_name(key), fmt::format("cannot be {}", in_quotes(value)),
                       "it names things in files and tables",
                       fmt::format("use 1 to {} of {}", longest, describe_range(key)));
    }
    return value;
  }

  Value operator()(const ListType& type) const {
    const std::string& value = text();
    if (const std::string problem = type.problem(value); !problem.empty())
      throw InputError(entry.where, full_name(key), "does not have the form", problem,
                       fmt::format("give {}", describe_range(key)));
    return value;
  }

  Value operator()(const ChoiceType& type) const {
    const std::string& value = text();
    if (is_file(type, value)) {
      if (const std::string problem = problem_of_path(value); !problem.empty())
        throw InputError(entry.where, full_name(key), fmt::format("cannot be {}", in_quotes(value)), problem,
                         fmt::format("give {}", type.file));
      return value;
    }
    if (std::find(type.names.begin(), type.names.end(), value) == type.names.end()) {
      throw InputError(entry.where, full_name(key), fmt::format("cannot be {}", in_quotes(value)),
                       "available are " + joined(type.names),
                       did_you_mean(value, type.names, "choose one of them"));
    }
    return value;
  }
};

}  // namespace

void set_entry(Deck& deck, const Entry& entry) {
  const Key& key = *find_key(entry.table, entry.name);
  key.set(deck, key, std::visit(Checker{entry, key}, key.type));
}

std::string_view file_of(const Entry& entry) {
  const Key* key = find_key(entry.table, entry.name);
  const auto* choice = key == nullptr ? nullptr : std::get_if<ChoiceType>(&key->type);
  const auto* text = std::get_if<std::string>(&entry.value);
  return choice != nullptr && text != nullptr && is_file(*choice, *text) ? std::string_view(*text)
                                                                         : std::string_view();
}

const Entry* find_entry(std::span<const Entry> entries, std::string_view table, std::string_view name) {
  for (const Entry& entry : entries) {
    if (entry.table == table && entry.name == name) return &entry;
  }
  return nullptr;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view otherwise) {
  const std::string_view guess = nearest(word, candidates);
  return guess.empty() ? std::string(otherwise) : fmt::format("did you mean \"{}\"?", guess);
}

}  // namespace hecaton::io
