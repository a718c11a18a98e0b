// What a method cuts into equal parts, and what each such number is padded to where it leaves a remainder.
//
// Each family of methods says it as a list of divisions. The planner pads by it, refusals are made of it, and
// what is told about padding is read from it; so a family's programs may take for granted that all of it
// divides. A list has every number once that is cut, those of an operator of a layer once for each operator,
// whether padded or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/training/model/config.hpp"
#include "core/training/model/operators.hpp"
#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

enum class Dimension : std::uint8_t {
  hidden,
  ffn,
  heads,
  kv_heads,
  projection,
  vocabulary,
  experts,
  sequence,
  batch,
  minibatch
};
constexpr auto enum_names(std::type_identity<Dimension>) {
  using enum Dimension;
  return named<Dimension>({{hidden, "hidden features"},
                           {ffn, "features of the feed-forward network"},
                           {heads, "heads"},
                           {kv_heads, "key/value heads"},
                           {projection, "inputs of the projection after attention"},
                           {vocabulary, "words of the vocabulary"},
                           {experts, "experts"},
                           {sequence, "tokens of a sequence"},
                           {batch, "sequences of the batch"},
                           {minibatch, "tokens of a mini-batch"}});
}

struct Division {
  Dimension dimension = Dimension::hidden;
  std::size_t place = 0;  // of the operator in its layer, for shapes of operators
  std::uint64_t from = 1, to = 1;
  // Where these differ: what a deck is told that may not be padded. No key: another division tells it.
  std::string key = {}, problem = {}, why = {}, way_out = {};

  bool is_padded() const { return from != to; }
};
using Divisions = std::vector<Division>;

// The lines or dies that a number is cut over, and the key of the deck that says how many they are.
struct Lines {
  std::uint64_t count = 1;
  const char* name = "";  // "rows"
  const char* key = "";
};

// A number cut into equal parts; `otherwise`: advice beside another number of lines.
Division even_division(Dimension dimension, std::size_t place, std::uint64_t from, const Lines& lines,
                       std::string_view otherwise = {});

// Heads over lines. Either lines have equally many, or, where `shares_heads`, as many lines share each head.
// Key/value heads fewer than the lines lie on several; they fit each of `kv_lines`, as divisor or multiple.
// Groups of query heads that share a key/value head stay together, so groups are padded, and then groups are
// added: heads as few as can be, and key/value heads as few as these allow.
struct HeadLines {
  Lines heads;
  bool shares_heads = false;
  std::vector<Lines> kv;
  std::string_view otherwise = {};  // advice beside another number of lines
};
void add_heads(Divisions& divisions, std::size_t place, const Operator& attention, const HeadLines& lines);

// The smallest multiple of `step` that is at least `number`.
constexpr std::uint64_t multiple_at_least(std::uint64_t number, std::uint64_t step) {
  return (number + step - 1) / step * step;
}

// Whether a deck lets this number be padded.
bool may_pad(const TrainingConfig& config, const Division& division);

// What the deck is told of a padded number that it does not let be padded.
PlanError refusal(const Division& division);

// The configuration with every number as it is padded. Throws PlanError for what cannot be padded that far.
TrainingConfig padded(const TrainingConfig& given, const Divisions& divisions);

// "28 heads, padded to 32"
std::string padding_text(const Division& division);

}  // namespace hecaton::training
