#include "io/hub/config_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/hub/architectures.hpp"
#include "io/hub/json_object.hpp"

namespace hecaton::io {
namespace {

using nlohmann::json;

constexpr std::string_view all_shapes_help = "give the shapes under [training.model] instead";

// A value of a file on one line, whatever bytes it holds.
std::string text_of(const json& value) {
  if (value.is_string()) return fmt::format("the text {}", in_quotes(value.get_ref<const std::string&>()));
  return in_quotes(value.dump(-1, ' ', true, json::error_handler_t::replace));
}

[[noreturn]] void refuse(const JsonMember& member, std::string_view problem, std::string_view why,
                         std::string_view help = all_shapes_help) {
  throw InputError(member.where, member.name, problem, why, help);
}

std::uint32_t whole_number(const JsonMember& member, std::uint32_t least, std::uint32_t most) {
  const std::string range = fmt::format("{} to {}", least, most);
  if (!member.value.is_number_integer()) {
    refuse(member, fmt::format("cannot be {}", text_of(member.value)), "a whole number is needed",
           fmt::format("give {}", range));
  }
  const bool is_in = member.value.is_number_unsigned() && member.value.get<std::uint64_t>() >= least &&
                     member.value.get<std::uint64_t>() <= most;
  if (!is_in) {
    refuse(member, "is out of range", fmt::format("{} is not in {}", member.value.dump(), range),
           "give a value in that range");
  }
  return member.value.get<std::uint32_t>();
}

bool boolean(const JsonMember& member) {
  if (!member.value.is_boolean())
    refuse(member, fmt::format("cannot be {}", text_of(member.value)), "true or false is needed",
           "give one of them");
  return member.value.get<bool>();
}

std::string architecture_names() {
  std::vector<std::string_view> names;
  for (const Architecture& a : architectures()) names.push_back(a.name);
  return joined(names);
}

[[noreturn]] void refuse_missing(const JsonObject& object, std::string_view key, std::string_view why) {
  throw InputError(Location{object.file}, key, "is missing", why,
                   "add it, or give the shapes under [training.model]");
}

const Architecture& architecture_of(const JsonObject& object) {
  const JsonMember* named = object.find("architectures");
  if (named == nullptr) refuse_missing(object, "architectures", "it says what the other keys mean");
  const json& value = named->value;
  const bool is_one = value.is_array() && value.size() == 1 && value[0].is_string();
  const auto all = architectures();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Architecture& a) {
    return is_one && value[0].get_ref<const std::string&>() == a.name;
  });
  if (found == all.end())
    refuse(*named, fmt::format("cannot be {}", text_of(value)),
           "known is a list of one of " + architecture_names());
  const JsonMember* type = object.find("model_type");
  if (type != nullptr && type->value != found->model_type) {
    refuse(*type, fmt::format("cannot be {}", text_of(type->value)),
           fmt::format("{} is of type \"{}\"", found->name, found->model_type),
           "check which of the two keys is right");
  }
  return *found;
}

// Reads member by member what the architecture says of it.
class Reader {
 public:
  Reader(const JsonObject& object, const Architecture& architecture)
      : object_(object), architecture_(architecture) {
    shapes_.name = architecture.name;
    shapes_.ffn = shapes_.heads = shapes_.kv_heads = 0;  // not yet said
    shapes_.gated = architecture.is_gated;
    shapes_.tied = architecture.is_tied;
    shapes_.soft_cap = architecture.has_soft_caps;
    positions_ = training::extras_of(architecture.family).positions;
  }

  training::ModelConfig run() {
    for (const JsonMember& member : object_.members) read(member);
    require_all();
    complete();
    name_as_known();
    return shapes_;
  }

 private:
  void read(const JsonMember& member) {
    if (member.name == "architectures" || member.name == "model_type") return;
    if (read_shape(member) || read_fixed(member, architecture_.fixed) || read_fixed(member, fixed_keys()) ||
        read_other(member))
      return;
    if (member.name == architecture_.passed || changes_no_shape(member.name)) return;
    refuse(member, "is not known", fmt::format("it may change the shapes of {}", architecture_.name),
           "remove it if it does not, or give the shapes under [training.model]");
  }

  bool read_shape(const JsonMember& member) {
    for (const ShapeKey& key : architecture_.shapes) {
      if (key.name != member.name) continue;
      if (key.is_required || !member.value.is_null())
        shapes_.*key.shape = whole_number(member, key.least, key.most);
      return true;
    }
    return false;
  }

  static bool read_fixed(const JsonMember& member, std::span<const FixedKey> keys) {
    for (const FixedKey& key : keys) {
      if (key.name != member.name) continue;
      if (member.value != json::parse(key.value))
        refuse(member, fmt::format("cannot be {}", text_of(member.value)),
               fmt::format("known is {}", key.value));
      return true;
    }
    return false;
  }

  bool read_other(const JsonMember& member) {
    if (member.name == "tie_word_embeddings") {
      shapes_.tied = boolean(member);
    } else if (member.name == architecture_.positions) {
      positions_ = whole_number(member, 1, 16'000'000) + architecture_.more_positions;
    } else if (architecture_.has_soft_caps && member.name.ends_with("_logit_softcapping")) {
      read_soft_cap(member);
    } else if (member.name == "word_embed_proj_dim" && architecture_.family == training::Family::opt) {
      read_embedding(member);
    } else if (member.name == "layer_types") {
      read_layer_types(member);
    } else {
      return false;
    }
    return true;
  }

  // One of scores, and one of logits: both, or none of them.
  void read_soft_cap(const JsonMember& member) {
    if (!member.value.is_null() && !member.value.is_number())
      refuse(member, fmt::format("cannot be {}", text_of(member.value)), "a number or null is needed",
             "give one of them");
    const bool is_capped = !member.value.is_null();
    const char* other =
        member.name == "attn_logit_softcapping" ? "final_logit_softcapping" : "attn_logit_softcapping";
    const JsonMember* beside = object_.find(other);
    if (is_capped == (beside != nullptr && beside->value.is_null()))
      refuse(member, fmt::format("cannot be {}", text_of(member.value)),
             fmt::format("scores and logits are bounded both or not at all, and {} is {}", other,
                         is_capped ? "null" : "not null"));
    shapes_.soft_cap = is_capped;
  }

  void read_embedding(const JsonMember& member) const {
    const JsonMember* hidden = object_.find("hidden_size");
    if (hidden == nullptr || member.value == hidden->value) return;  // a missing one is told of later
    refuse(member, fmt::format("cannot be {}", text_of(member.value)),
           fmt::format("an embedding is known that is as wide as the stream: {}", hidden->value.dump()));
  }

  static void read_layer_types(const JsonMember& member) {
    const bool attends = member.value.is_array() &&
                         std::all_of(member.value.begin(), member.value.end(), [](const json& type) {
                           return type == "full_attention" || type == "sliding_attention";
                         });
    if (!attends)
      refuse(member, fmt::format("cannot be {}", text_of(member.value)),
             "known is a list of full_attention and sliding_attention");
  }

  void require_all() const {
    for (const ShapeKey& key : architecture_.shapes) {
      if (key.is_required && object_.find(key.name) == nullptr)
        refuse_missing(object_, key.name, fmt::format("{} has no default for it", architecture_.name));
    }
  }

  // What follows from other shapes. Heads that share out the hidden size are said in one way only.
  void complete() {
    if (shapes_.kv_heads == 0)
      shapes_.kv_heads = architecture_.kv_heads > 0 ? architecture_.kv_heads : shapes_.heads;
    if (shapes_.ffn == 0) shapes_.ffn = 4 * shapes_.hidden;
    if (std::uint64_t{shapes_.head_dim} * shapes_.heads == shapes_.hidden) shapes_.head_dim = 0;
  }

  void name_as_known() {
    for (const training::KnownModel& known : training::known_models()) {
      training::ModelConfig same = shapes_;
      same.name = known.shapes.name;
      if (known.family == architecture_.family && same == known.shapes &&
          positions_ == training::extras_of(known.family).positions) {
        shapes_.name = known.shapes.name;
        return;
      }
    }
  }

  const JsonObject& object_;
  const Architecture& architecture_;
  training::ModelConfig shapes_;
  std::uint32_t positions_ = 0;  // learned
};

}  // namespace

training::ModelConfig read_config_json(const std::filesystem::path& path) {
  const JsonObject object = read_json_object(path, "a model's config.json");
  return Reader(object, architecture_of(object)).run();
}

}  // namespace hecaton::io
