#include "runs/cli/fits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/training/fits.hpp"
#include "core/training/method.hpp"
#include "io/report/facts.hpp"

namespace hecaton::runs {
namespace {

using training::Fit;
using training::MeshShape;

constexpr std::uint32_t largest_square = 32;
constexpr MeshShape rectangles[] = {{2, 4},  {4, 2},   {3, 4},   {4, 8},   {8, 4},  {4, 16},  {16, 4},
                                    {6, 8},  {7, 8},   {8, 12},  {8, 16},  {16, 8}, {12, 16}, {8, 32},
                                    {32, 8}, {16, 24}, {16, 32}, {32, 16}, {24, 32}};

bool is_same(MeshShape a, MeshShape b) {
  return a.rows == b.rows && a.columns == b.columns;
}

// That of the deck first, if it is not among the others.
std::vector<MeshShape> meshes_for(MeshShape own) {
  std::vector<MeshShape> meshes;
  for (std::uint32_t side = 2; side <= largest_square; ++side) meshes.push_back({side, side});
  meshes.insert(meshes.end(), std::begin(rectangles), std::end(rectangles));
  if (std::none_of(meshes.begin(), meshes.end(), [&](MeshShape m) { return is_same(m, own); }))
    meshes.insert(meshes.begin(), own);
  return meshes;
}

// Rounded up to a tenth, so that what is said is enough.
std::string mebibytes(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes * 10 + 1048575) / 1048576;
  return fmt::format("{}.{}", tenths / 10, tenths % 10);
}

// Reasons, each told once below the table and named by its letter in it.
class Reasons {
 public:
  std::string letter_of(const training::PlanError& refusal) {
    const std::string reason = fmt::format("{}: {}", refusal.table_key, refusal.problem);
    const auto found = std::find(reasons_.begin(), reasons_.end(), reason);
    const auto index = static_cast<std::size_t>(found - reasons_.begin());
    if (found == reasons_.end()) {
      reasons_.push_back(reason);
      first_.push_back(refusal.why);
    }
    return letter(index);
  }
  std::string text() const {
    std::string all;
    for (std::size_t i = 0; i < reasons_.size(); ++i)
      all += fmt::format("  {}  {} ({})\n", letter(i), reasons_[i], first_[i]);
    return all;
  }

 private:
  static std::string letter(std::size_t index) {
    return fmt::format("({})", static_cast<char>('a' + index % 26));
  }

  std::vector<std::string> reasons_;
  std::vector<std::string> first_;  // why it was so where each was met first
};

constexpr std::size_t cell_width = 25;

std::string cell(const Fit& fit, Reasons& reasons) {
  if (fit.refusal) return fmt::format("{:>5}{:{}}", reasons.letter_of(*fit.refusal), "", cell_width - 5);
  return fmt::format("{:5.1f}{:>9}{:>9}{:2}", 100 * fit.padded_flops, mebibytes(fit.weight_buffer),
                     mebibytes(fit.activation_buffer), fit.is_planned ? " *" : "");
}

std::string head_of(const io::Deck& deck, const training::TrainingConfig& config) {
  return fmt::format(
      "Meshes for {}: {} sequences of {} tokens, training.uneven = \"{}\"\n"
      "  pads  share of the operations of a step that is for pads, in %\n"
      "  W, A  smallest weight and activation buffer of a die in MiB, each beside one of the other kind that is ample\n"
      "  *     planned with the buffers of the deck: {} and {} MiB\n",
      config.model.name, config.batch_sequences, config.sequence_length, name_of(config.uneven),
      deck.die.weight_buffer_MiB, deck.die.activation_buffer_MiB);
}

std::string without_end(const std::string& line) {
  return fmt::format("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
}

std::string column_heads() {
  std::string names = fmt::format("{:9}", ""), units = fmt::format("{:9}", "mesh");
  for (const training::MethodInfo& method : training::methods()) {
    names += fmt::format("  {:<{}}", method.name, cell_width);
    units += fmt::format("  {:>5}{:>9}{:>9}{:2}", "pads", "W", "A", "");
  }
  return fmt::format("\n{}{}", without_end(names), without_end(units));
}

const training::TrainingConfig& config_of(const io::LoadedDeck& loaded) {
  const auto* config = std::get_if<training::TrainingConfig>(&loaded.deck.workload);
  if (config != nullptr) return *config;
  throw io::InputError(loaded.locations.find("workload.kind"), "workload.kind", "trains no model",
                       "--fits plans training steps", "use a deck of kind \"training\"");
}

Fit fit_by(std::string_view method, const io::LoadedDeck& loaded, MeshShape mesh) {
  training::TrainingConfig by_method = config_of(loaded);
  by_method.method = method;
  return training::fit_of(by_method, mesh, loaded.deck.die);
}

std::vector<MeshShape> meshes_of(const io::Deck& deck) {
  return meshes_for({deck.network.package.rows, deck.network.package.columns});
}

io::Facts facts_of(const Fit& fit, std::string_view method, MeshShape mesh) {
  io::Facts facts;
  facts.add("rows", mesh.rows).add("columns", mesh.columns).add("method", method);
  facts.add("fits", !fit.refusal.has_value());
  if (fit.refusal)
    return facts.add("key", fit.refusal->table_key)
        .add("problem", fit.refusal->problem)
        .add("why", fit.refusal->why);
  return facts.add("padded_flops", fit.padded_flops)
      .add("least_weight_buffer_bytes", fit.weight_buffer)
      .add("least_activation_buffer_bytes", fit.activation_buffer)
      .add("fits_buffers_of_deck", fit.is_planned);
}

}  // namespace

std::string fits_json(const io::LoadedDeck& loaded) {
  const training::TrainingConfig& config = config_of(loaded);
  std::vector<io::Facts> fits;
  for (const MeshShape mesh : meshes_of(loaded.deck))
    for (const training::MethodInfo& method : training::methods())
      fits.push_back(facts_of(fit_by(method.name, loaded, mesh), method.name, mesh));
  return io::Facts()
      .add("model", config.model.name)
      .add("batch_sequences", config.batch_sequences)
      .add("sequence_length", config.sequence_length)
      .add("uneven", name_of(config.uneven))
      .add("meshes", fits)
      .to_json();
}

std::string fits_table(const io::LoadedDeck& loaded) {
  std::string text = head_of(loaded.deck, config_of(loaded)) + column_heads();
  Reasons reasons;
  for (const MeshShape mesh : meshes_of(loaded.deck)) {
    std::string line = fmt::format("{:>3} x {:<3}", mesh.rows, mesh.columns);
    for (const training::MethodInfo& method : training::methods())
      line += "  " + cell(fit_by(method.name, loaded, mesh), reasons);
    text += without_end(line);
  }
  const std::string told = reasons.text();
  return told.empty() ? text : text + "\n" + told;
}

}  // namespace hecaton::runs
