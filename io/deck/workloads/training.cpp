#include "io/deck/workloads/training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "core/training/method.hpp"
#include "core/training/model/models.hpp"
#include "io/deck/presets.hpp"
#include "io/deck/registry_entry.hpp"
#include "io/deck/values.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/package_content.hpp"
#include "io/deck/workloads/package_facts.hpp"
#include "io/deck/workloads/step_work.hpp"
#include "io/hub/config_json.hpp"

namespace hecaton::io {
namespace {

constexpr std::string_view model_table_name = "training.model";

template <class AnyDeck>
auto& training_of(AnyDeck& deck) {
  return deck.template as<training::TrainingConfig>();
}

ChoiceType method_choice() {
  ChoiceType choice;
  for (const training::MethodInfo& method : training::methods()) choice.names.push_back(method.name);
  return choice;
}

// A model by name, or by the file of a model hub, which prepare() has read.
ChoiceType model_choice(std::span<const Preset> known) {
  ChoiceType choice = choice_of(known);
  choice.file = "the path of a model hub's config.json, from the folder of the deck";
  return choice;
}

Value get_model(const Deck& deck, const Key&) {
  return training_of(deck).model.name;
}

void set_model(Deck& deck, const Key& key, const Value& value) {
  const auto& name = std::get<std::string>(value);
  if (!is_file(std::get<ChoiceType>(key.type), name)) training_of(deck).model.name = name;
}

Preset model_preset(const training::ModelConfig& model) {
  const auto number = [](std::uint32_t n) { return Value{static_cast<std::int64_t>(n)}; };
  return {model.name,
          "the public shapes of " + model.name,
          {{"name", model.name, Tag::assumed},
           {"hidden", number(model.hidden), Tag::public_source},
           {"ffn", number(model.ffn), Tag::public_source},
           {"heads", number(model.heads), Tag::public_source},
           {"kv_heads", number(model.kv_heads), Tag::public_source},
           {"layers", number(model.layers), Tag::public_source},
           {"vocabulary", number(model.vocabulary), Tag::public_source},
           {"gated", model.gated, Tag::public_source},
           {"tied", model.tied, Tag::public_source},
           {"experts", number(model.experts), Tag::public_source},
           {"experts_per_token", number(model.experts_per_token), Tag::public_source},
           {"operators", list_text(model.operators), Tag::public_source},
           {"head_dim", number(model.head_dim), Tag::public_source},
           {"soft_cap", model.soft_cap, Tag::public_source}}};
}

std::span<const Preset> model_presets() {
  static const std::vector<Preset> presets = [] {
    std::vector<Preset> known;
    for (const training::KnownModel& model : training::known_models())
      known.push_back(model_preset(model.shapes));
    return known;
  }();
  return presets;
}

std::vector<Key> padding_keys() {
  std::vector<Key> keys;
  keys.push_back(key(
      "uneven", choice_of<training::Uneven>(), "", Tag::assumed, ActsOn::everything,
      "What the method cuts over dies and does not divide. auto: padded with zeros, where shares can not "
      "differ; pad: padded until all shares are equal; refuse: the deck is refused.",
      [](auto& d) -> auto& { return training_of(d).uneven; }));
  keys.push_back(key(
      "vocabulary_padding", choice_of<training::VocabularyPadding>(), "", Tag::assumed, ActsOn::everything,
      "auto: words are padded also where uneven = \"refuse\"; all else that is uneven is not.",
      [](auto& d) -> auto& { return training_of(d).vocabulary_padding; }));
  return keys;
}

std::vector<Key> finetuning_keys() {
  std::vector<Key> keys;
  keys.push_back(key(
      "train", choice_of<training::Train>(), "", Tag::assumed, ActsOn::everything,
      "What is trained. all: all but frozen layers; adapters: low-rank "
      "matrices beside those of layers, all else is "
      "frozen (LoRA); head: the output head alone, on layers that are frozen.",
      [](auto& d) -> auto& { return training_of(d).train; }));
  keys.push_back(key(
      "frozen_layers", IntegerType{0, 10000}, "layers", Tag::assumed, ActsOn::everything,
      "Layers, from the first on, that pass forward only; the embedding table is frozen with them.",
      [](auto& d) -> auto& { return training_of(d).frozen_layers; }));
  keys.push_back(key(
      "adapter_rank", IntegerType{0, 4096}, "", Tag::assumed, ActsOn::everything,
      "With train = \"adapters\": ranks of the adapter of each matrix.",
      [](auto& d) -> auto& { return training_of(d).adapter_rank; }));
  keys.push_back(key(
      "adapter_on", choice_of<training::AdapterOn>(), "", Tag::assumed, ActsOn::everything,
      "With train = \"adapters\": operators whose matrices have them (queries, "
      "keys, values and the projection after "
      "attention; gate, up and down). Experts have none.",
      [](auto& d) -> auto& { return training_of(d).adapter_on; }));
  return keys;
}

Key collectives_key() {
  return key(
      "collectives", choice_of<training::Collectives>(), "", Tag::assumed, ActsOn::everything,
      "How exchanges are done. paper: as the method's paper draws them, rings one way round, one axis at a time; "
      "auto: each as it takes least by closed forms; or, every one that can: both-directions (closed rings), "
      "all-axes (of all dies: along rows and columns at once), halving-doubling (all-reduces of 2^k dies). A die "
      "keeps several links busy only if interface.ports lets it.",
      [](auto& d) -> auto& { return training_of(d).collectives; });
}

Table training_table() {
  std::vector<Key> keys = {
      {"training", "model", model_choice(model_presets()), "", Tag::assumed, ActsOn::everything,
       "A model by name, a model hub's config.json, or a table [training.model] with its shapes.", &get_model,
       &set_model},
      key(
          "method", method_choice(), "", Tag::assumed, ActsOn::everything,
          "How the work is divided among the dies.", [](auto& d) -> auto& { return training_of(d).method; }),
      key(
          "batch_sequences", IntegerType{1, million}, "sequences", Tag::assumed, ActsOn::everything,
          "Sequences of one step.", [](auto& d) -> auto& { return training_of(d).batch_sequences; }),
      key(
          "sequence_length", IntegerType{1, 16 * million}, "tokens", Tag::assumed, ActsOn::everything,
          "Tokens of one sequence.", [](auto& d) -> auto& { return training_of(d).sequence_length; }),
      key(
          "minibatch_tokens", IntegerType{0, 4000 * million}, "tokens", Tag::assumed, ActsOn::everything,
          "Tokens of one mini-batch, whole sequences; 0: chosen from the activation buffer.",
          [](auto& d) -> auto& { return training_of(d).minibatch_tokens; }),
      key(
          "fusion", IntegerType{0, 100000}, "layers", Tag::assumed, ActsOn::everything,
          "Layers of one fused group; 0: as many as the weight buffer holds; 1: no fusion.",
          [](auto& d) -> auto& { return training_of(d).fusion; }),
      key(
          "overlap", BooleanType{}, "", Tag::assumed, ActsOn::everything,
          "DRAM transfers overlap with work on the package.",
          [](auto& d) -> auto& { return training_of(d).overlap; }),
      key(
          "broadcast", choice_of<training::Broadcast>(), "", Tag::assumed, ActsOn::everything,
          "How methods that broadcast do it (optimus): along a binary tree, or in chunks from die to die.",
          [](auto& d) -> auto& { return training_of(d).broadcast; }),
      key(
          "broadcast_chunks", IntegerType{1, 65536}, "", Tag::assumed, ActsOn::everything,
          "Chunks of a pipelined broadcast.",
          [](auto& d) -> auto& { return training_of(d).broadcast_chunks; }),
      key(
          "optimizer", choice_of<training::Optimizer>(), "", Tag::assumed, ActsOn::everything,
          "State in DRAM per weight: a master weight of 4 bytes, and for adam two moments.",
          [](auto& d) -> auto& { return training_of(d).optimizer; }),
      key(
          "attention", choice_of<training::Attention>(), "", Tag::assumed, ActsOn::everything,
          "Methods with 2D tiles (hecaton, optimus): by-sequence: rows of dies hold whole sequences, so "
          "attention exchanges nothing; by-head: all-to-alls along columns give every die some heads of "
          "all tokens, so there may be fewer sequences than rows.",
          [](auto& d) -> auto& { return training_of(d).attention; }),
      key(
          "recompute", BooleanType{}, "", Tag::assumed, ActsOn::everything,
          "Backward computes the activations of a layer again from its input, in place of reading them.",
          [](auto& d) -> auto& { return training_of(d).recompute; }),
      key(
          "causal", BooleanType{}, "", Tag::assumed, ActsOn::everything,
          "A token attends to itself and those before it alone; tiles of scores above the diagonal are not "
          "computed. false: whole squares.",
          [](auto& d) -> auto& { return training_of(d).causal; }),
      key(
          "window", IntegerType{0, 16 * million}, "tokens", Tag::assumed, ActsOn::everything,
          "With causal: how many of these a token attends to, itself among them; 0: all.",
          [](auto& d) -> auto& { return training_of(d).window; }),
      key(
          "attention_tile", IntegerType{1, 16 * million}, "tokens", Tag::assumed, ActsOn::everything,
          "With causal: queries, and keys, of a tile of scores; it is computed whole or not at all.",
          [](auto& d) -> auto& { return training_of(d).attention_tile; })};
  keys.push_back(collectives_key());
  for (Key& padding : padding_keys()) keys.push_back(std::move(padding));
  for (Key& finetuning : finetuning_keys()) keys.push_back(std::move(finetuning));
  return table("training", "The training step.", std::move(keys));
}

Table model_table() {
  Table model = table(
      model_table_name,
      "The shapes of the model, in place of its name under [training]; a known model's name fills them.",
      {key(
           "name", TextType{}, "", Tag::assumed, ActsOn::everything,
           "A known model, or any name for a table that gives all shapes.",
           [](auto& d) -> auto& { return training_of(d).model.name; }),
       key(
           "hidden", IntegerType{1, million}, "", Tag::assumed, ActsOn::everything, "Hidden size.",
           [](auto& d) -> auto& { return training_of(d).model.hidden; }),
       key(
           "ffn", IntegerType{1, 16 * million}, "", Tag::assumed, ActsOn::everything,
           "Inner size of the feed-forward network.",
           [](auto& d) -> auto& { return training_of(d).model.ffn; }),
       key(
           "heads", IntegerType{1, 65536}, "", Tag::assumed, ActsOn::everything, "Attention heads.",
           [](auto& d) -> auto& { return training_of(d).model.heads; }),
       key(
           "kv_heads", IntegerType{1, 65536}, "", Tag::assumed, ActsOn::everything,
           "Key/value heads; fewer than heads: grouped-query attention.",
           [](auto& d) -> auto& { return training_of(d).model.kv_heads; }),
       key(
           "head_dim", IntegerType{0, 65536}, "", Tag::assumed, ActsOn::everything,
           "Features of an attention head; 0: hidden / heads.",
           [](auto& d) -> auto& { return training_of(d).model.head_dim; }),
       key(
           "layers", IntegerType{1, 10000}, "", Tag::assumed, ActsOn::everything, "Layers.",
           [](auto& d) -> auto& { return training_of(d).model.layers; }),
       key(
           "vocabulary", IntegerType{1, 16 * million}, "", Tag::assumed, ActsOn::everything,
           "Vocabulary size.", [](auto& d) -> auto& { return training_of(d).model.vocabulary; }),
       key(
           "gated", BooleanType{}, "", Tag::assumed, ActsOn::everything,
           "The feed-forward network has a gate: three matrices instead of two.",
           [](auto& d) -> auto& { return training_of(d).model.gated; }),
       key(
           "tied", BooleanType{}, "", Tag::assumed, ActsOn::everything,
           "The output head and the embedding table are one matrix.",
           [](auto& d) -> auto& { return training_of(d).model.tied; }),
       key(
           "soft_cap", BooleanType{}, "", Tag::assumed, ActsOn::everything,
           "Scores of attention and logits pass a tanh that bounds them: more passes of the vector unit.",
           [](auto& d) -> auto& { return training_of(d).model.soft_cap; }),
       key(
           "experts", IntegerType{1, 65536}, "", Tag::assumed, ActsOn::everything,
           "Feed-forward networks of every layer; 1: no mixture of experts.",
           [](auto& d) -> auto& { return training_of(d).model.experts; }),
       key(
           "experts_per_token", IntegerType{1, 65536}, "", Tag::assumed, ActsOn::everything,
           "Experts that a token passes.",
           [](auto& d) -> auto& { return training_of(d).model.experts_per_token; }),
       key(
           "operators", list_type<training::OperatorConfig>(operator_list_form), "", Tag::assumed,
           ActsOn::everything,
           "What a layer is made of, in order; shapes that an operator does not give are those of the model.",
           [](auto& d) -> auto& { return training_of(d).model.operators; })});
  model.presets = model_presets();
  model.preset_key = "name";
  model.short_form = "training.model";
  return model;
}

[[noreturn]] void refuse_missing_shape(const Entry& entry, const Key& key) {
  throw InputError(entry.where, full_name(key), "is missing", "the model's name is not that of a known model",
                   fmt::format("give all shapes, or a name of {}", joined(preset_names(model_table_name))));
}

// A model that is named gets its public shapes; one that is not must give all of its own. Only a table in the
// deck makes a model without a name: an override changes the model that is there.
void choose_model(Deck& deck, std::span<const Entry> entries, const std::filesystem::path& folder) {
  const Entry* chosen = find_entry(entries, "training", "model");
  const Entry* table = find_entry(entries, model_table_name, "");
  const Entry* name = find_entry(entries, model_table_name, "name");
  if (table != nullptr) training_of(deck).model.name = "custom";
  const std::string_view file = chosen == nullptr ? std::string_view() : file_of(*chosen);
  if (chosen != nullptr) set_entry(deck, *chosen);
  if (!file.empty()) training_of(deck).model = read_config_json(folder / file);
  if (name != nullptr) set_entry(deck, *name);
  if (const Preset* preset = preset_in_use(deck, model_table_name)) {
    apply_preset(deck, model_table_name, *preset);
    return;
  }
  if (!file.empty()) return;
  for (const Key& key : find_table(model_table_name)->keys) {
    // A model that says nothing of experts has none; what may be 0 follows from the other shapes.
    const auto* number = std::get_if<IntegerType>(&key.type);
    const bool is_shape = number != nullptr && number->least > 0 && !key.name.starts_with("experts");
    const Entry* place = table != nullptr ? table : name;
    if (place == nullptr) throw std::logic_error("a model that the deck does not speak of has public shapes");
    if (is_shape && find_entry(entries, model_table_name, key.name) == nullptr)
      refuse_missing_shape(*place, key);
  }
}

// A known model whose shapes were changed must not pass under its name. The vocabulary that it was published
// with is no change.
void rename_changed_model(Deck& deck) {
  const Preset* preset = preset_in_use(deck, model_table_name);
  if (preset == nullptr) return;
  for (const PresetValue& value : preset->values) {
    const Key& key = *find_key(model_table_name, value.key);
    if (key.get(deck, key) == value.value) continue;
    const training::ModelConfig& model = training_of(deck).model;
    if (key.name == "vocabulary" && model.vocabulary == training::published_vocabulary(model.name)) continue;
    training_of(deck).model.name += "-changed";
    return;
  }
}

}  // namespace

void TrainingKind::set_hardware_defaults(Deck& deck) {
  deck.link_preset = "ucie-standard-x16-32";
  deck.memory_preset = "ddr5-6400";
  deck.cost_preset = "12nm-organic";
}

std::vector<Table> TrainingKind::tables() {
  return {training_table(), model_table()};
}

void TrainingKind::prepare(Deck& deck, std::span<const Entry> entries, const std::filesystem::path& folder) {
  choose_model(deck, entries, folder);
}

void TrainingKind::complete(Deck& deck, const std::filesystem::path&) {
  rename_changed_model(deck);
}

void TrainingKind::check(const Deck&, const Refuser&) {}

DieWork TrainingKind::die_work(const Deck& deck) {
  return work_of_step(deck);
}

namespace {

// The ends of an interval about `value`, which is at least 0.
void set_ends(double value, double half_width, double& low, double& high) {
  low = std::max(0.0, value - half_width);
  high = value + half_width;
}

// The static part of the energy varies with the step.
void set_energy_ends(TrainingSummary& t) {
  SamplingSummary& s = t.sampling;
  const double slower = ratio(s.step_s_high, t.step_s), faster = ratio(s.step_s_low, t.step_s);
  s.energy_total_J_low = t.energy_J.total - t.energy_J.static_power * (1 - faster);
  s.energy_total_J_high = t.energy_J.total + t.energy_J.static_power * (slower - 1);
}

// What the package costs for the step that the summary tells.
void set_cost(TrainingSummary& t) {
  constexpr double mJ_per_J = 1e3;
  t.cost.usd_per_tokens_per_s = ratio(t.cost.package_usd, t.tokens_per_s);
  t.cost.usd_per_tokens_per_mJ = t.cost.package_usd * t.energy_per_token_J * mJ_per_J;
}

CostSummary cost_of(const Deck& deck) {
  const cost::PackageCost cost = cost::package_cost(content_of(deck), deck.cost);
  CostSummary summary;
  summary.die_mm2 = cost.area.total();
  summary.substrate_mm2 = cost.substrate_mm2;
  summary.package_usd = cost.can_be_made() ? cost.total_usd() : 0;
  return summary;
}

// Of what the summary says already, but for energies. Rates are those of the ends of the step.
SamplingSummary sampling_of(const TrainingSummary& t, const Outcome& outcome) {
  SamplingSummary s;
  SampledStep sampled;
  if (outcome.sampled) {
    sampled = *outcome.sampled;
    s.mode = name_of(SamplingMode::on);
    s.confidence = sampled.confidence;
  }
  const auto dies = static_cast<double>(outcome.package.dies);
  s.segments_simulated = sampled.segments_simulated;
  s.segments_total = sampled.segments_total;
  s.simulated_s = outcome.sampled ? static_cast<double>(sampled.simulated_ps) * 1e-12 : t.step_s;
  s.steady = sampled.unsteady.empty();
  s.unsteady = sampled.unsteady;
  set_ends(t.step_s, sampled.step_ps * 1e-12, s.step_s_low, s.step_s_high);
  const double slower = ratio(s.step_s_high, t.step_s), faster = ratio(s.step_s_low, t.step_s);
  s.tokens_per_s_low = ratio(t.tokens_per_s, slower);
  s.tokens_per_s_high = ratio(t.tokens_per_s, faster);
  s.mfu_low = ratio(t.mfu, slower);
  s.mfu_high = ratio(t.mfu, faster);
  set_ends(t.nop_s, sampled.nop_ps / dies * 1e-12, s.nop_s_low, s.nop_s_high);
  set_ends(t.dram_s, sampled.dram_ps / dies * 1e-12, s.dram_s_low, s.dram_s_high);
  return s;
}

// "12.2 s to 12.4 s" of a sampled step.
void add_sampling(ReportLines& lines, const TrainingSummary& t) {
  const SamplingSummary& s = t.sampling;
  if (s.mode == name_of(SamplingMode::off)) return;
  const double error = t.step_s > 0 ? (s.step_s_high - t.step_s) / t.step_s : 0;
  lines.push_back(
      ReportLine::named(fmt::format("  {:g} % sure", 100 * s.confidence),
                        fmt::format("within {:.2g} % of it{}", 100 * error, s.steady ? "" : "; NOT STEADY")));
  if (!s.steady) lines.push_back(ReportLine::named("  not steady", s.unsteady));
  lines.push_back(ReportLine::named(
      "  sampled", fmt::format("{} of {} segments", s.segments_simulated, s.segments_total)));
  lines.push_back(ReportLine::quantity("  of it simulated", s.simulated_s, "s"));
}

}  // namespace

TrainingSummary TrainingKind::summarise(const Deck& deck, const Outcome& outcome) {
  const PackageSums& package = outcome.package;
  const ModelFacts& facts = outcome.facts;
  TrainingSummary training;
  training.model = training_of(deck).model.name;
  training.method = training_of(deck).method;
  training.step_s = static_cast<double>(package.finished_ps) * 1e-12;
  training.tokens_per_s = ratio(static_cast<double>(facts.tokens), training.step_s);
  training.compute_s = mean_seconds(package.compute_ps, package.dies);
  training.nop_s = mean_seconds(package.nop_ps, package.dies);
  training.dram_s = mean_seconds(package.dram_ps, package.dies);
  training.mfu = ratio(static_cast<double>(facts.model_flops),
                       training.step_s * static_cast<double>(package.dies) * deck.die.peak_TFLOPS * 1e12);
  training.nop_bytes_per_die =
      ratio(static_cast<double>(package.nop_sent_bytes), static_cast<double>(package.dies));
  training.dram_bytes = package.actions.dram_read_bytes + package.actions.dram_write_bytes;
  training.flops = package.actions.macs * 2;
  training.activation_peak_bytes = package.activation_peak_bytes;
  training.weight_peak_bytes = package.weight_peak_bytes;
  training.trained_weights = facts.trained;
  training.padding = {facts.padding, facts.padding_cost.flops, facts.padding_cost.nop_bytes,
                      facts.padding_cost.memory};
  training.energy_J = outcome.energy_J;
  training.energy_per_token_J = ratio(training.energy_J.total, static_cast<double>(facts.tokens));
  training.cost = cost_of(deck);
  set_cost(training);
  training.sampling = sampling_of(training, outcome);
  set_energy_ends(training);
  return training;
}

void set_energy(TrainingSummary& summary, const EnergySummary& energy_J) {
  const double tokens = summary.tokens_per_s * summary.step_s;
  summary.energy_J = energy_J;
  summary.energy_per_token_J = ratio(energy_J.total, tokens);
  set_cost(summary);
  set_energy_ends(summary);
}

ReportLines lines_of(const TrainingSummary& t) {
  const double step = t.step_s;
  const EnergySummary& e = t.energy_J;
  // Rounding may leave a negative nothing.
  const double ended = std::max(0.0, step - t.compute_s - t.nop_s - t.dram_s);
  ReportLines lines{ReportLine::named("model", t.model), ReportLine::named("method", t.method),
                    ReportLine::quantity("step time", step, "s")};
  add_sampling(lines, t);
  const ReportLines rest{ReportLine::of_form(ReportLine::Form::count, "tokens/s", t.tokens_per_s),
                         ReportLine::of_form(ReportLine::Form::percent, "FLOPs utilisation", t.mfu),
                         {.label = "a die's step (mean)"},
                         ReportLine::part("  compute", t.compute_s, step, "s"),
                         ReportLine::part("  NoP", t.nop_s, step, "s"),
                         ReportLine::part("  DRAM", t.dram_s, step, "s"),
                         ReportLine::part("  program ended", ended, step, "s"),
                         ReportLine::quantity("energy", e.total, "J"),
                         ReportLine::part("  matrix, vector", e.compute, e.total, "J"),
                         ReportLine::part("  SRAM", e.sram, e.total, "J"),
                         ReportLine::part("  links, routers", e.nop, e.total, "J"),
                         ReportLine::part("  DRAM access", e.dram, e.total, "J"),
                         ReportLine::part("  static", e.static_power, e.total, "J"),
                         ReportLine::quantity("  per token", t.energy_per_token_J, "J"),
                         ReportLine::quantity("package", t.cost.package_usd, "USD"),
                         ReportLine::named("  a compute die", fmt::format("{:.4g} mm2", t.cost.die_mm2)),
                         ReportLine::quantity("  per token/s", t.cost.usd_per_tokens_per_s, "USD"),
                         ReportLine::quantity("  per token/mJ", t.cost.usd_per_tokens_per_mJ, "USD"),
                         ReportLine::quantity("NoP sent per die", t.nop_bytes_per_die, "B"),
                         ReportLine::quantity("DRAM traffic", t.dram_bytes.number(), "B"),
                         ReportLine::quantity("FLOPs", t.flops.number(), "FLOP")};
  lines.insert(lines.end(), rest.begin(), rest.end());
  if (t.padding.shapes.empty()) return lines;
  lines.push_back(ReportLine::named("padded", t.padding.shapes));
  lines.push_back(ReportLine::of_form(ReportLine::Form::percent, "  of FLOPs", t.padding.flops_share));
  lines.push_back(ReportLine::of_form(ReportLine::Form::percent, "  of NoP bytes", t.padding.nop_share));
  lines.push_back(ReportLine::of_form(ReportLine::Form::percent, "  of DRAM", t.padding.memory_share));
  return lines;
}

}  // namespace hecaton::io
