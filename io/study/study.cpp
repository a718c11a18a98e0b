#include "io/study/study.hpp"

#include <fmt/format.h>

#include <string_view>
#include <type_traits>
#include <variant>

#include "io/files/text_file.hpp"
#include "io/study/axes.hpp"
#include "io/study/head.hpp"

namespace hecaton::io {

std::string values_text(const Study& study, std::size_t point, Keys keys) {
  const auto text = [](const auto& value) -> std::string {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
      return "?";
    } else if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
      return in_quotes(value);
    } else {
      return fmt::format("{}", value);
    }
  };
  std::string all;
  for (std::size_t i = 0; i < study.keys.size(); ++i)
    if (keys == Keys::all || study.varies[i])
      all += fmt::format("{}{}={}", all.empty() ? "" : " ", shown(study.keys[i]),
                         std::visit(text, study.points[point][i].value));
  return all;
}

Study read_study(const std::filesystem::path& path) {
  static constexpr std::string_view tables[] = {"study", "grid", "list"};
  static constexpr std::string_view keys[] = {"deck", "ranks", "partition", "trace"};
  const TextKind kind{"a study", "study", tables, keys};
  Study study;
  study.path = path;
  const std::string source = path.string();
  const toml::table root = parse_toml(read_text_file(path, "a study"), source);
  check_tables(root, source, kind);
  read_head(study, root, source, kind);
  set_points(study, axes_of(root, "list", source), axes_of(root, "grid", source), "grid");
  return study;
}

}  // namespace hecaton::io
