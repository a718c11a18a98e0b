// A die's side of a training step: its places, its sheets, and what is in hand between two operations. All
// parts of a followed die (products, collectives, experts) work on it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runs/verify/dense/padded_step.hpp"
#include "runs/verify/die/features.hpp"
#include "runs/verify/die/findings.hpp"
#include "runs/verify/die/payload.hpp"
#include "runs/verify/die/places.hpp"
#include "runs/verify/die/sheets.hpp"
#include "runs/verify/die/tokens.hpp"

namespace hecaton::runs {

// Rows of tokens, or of routes, that a collective has brought or a product has left.
struct Held {
  Numbers numbers;
  Indices rows;
};

// What one operation leaves to the next: gathered X and dY; a product whose partial sums are to be added up;
// and the result of a collective that is a part of an exchange.
struct InHand {
  Held x, dy, product;
  Sheet partly;                   // Y or dX of a tile, without what adapters add
  std::map<Linear, Sheet> ranks;  // 1D, cut by inputs: this die's part of U
  std::uint64_t tile_tokens = 0;  // 1D: of the tile whose dU was added up last
  Numbers result;
  std::uint64_t attention_macs = 0;  // of products of attention since its last result
};

struct DieStep {
  DieStep(DieRole role, const PaddedStep& dense);
  DieStep(const DieStep&) = delete;
  DieStep& operator=(const DieStep&) = delete;

  const PaddedInputs& inputs;
  const StepShape& shape;
  const DiePlaces places;
  const DieFeatures features;
  DieTokens tokens;
  DieFindings findings;
  DieSheets sheets;
  DiePayload payload;
  InHand hand;

  // Something is wrong with the operation.
  void fail(const std::string& what, const chiplet::Work& work);
  // Whether there are as many numbers as there should be; else the operation is wrong.
  bool fits(const Numbers& numbers, std::uint64_t size, const chiplet::Work& work);
  // An exchange of several collectives: what this one has left, and what the
  // next one starts from, padded with `fill`.
  void keep_result(const chiplet::Work& work);
  Numbers passed_on(const chiplet::Work& work, Number fill) const;
  // Keeps it as part of a result (InHand::partly).
  void keep_partly(const Indices& rows, const Indices& columns, const Numbers& numbers);
  // These rows of what is held, in this order, each of `width` features.
  Numbers rows_of(const Held& held, const Indices& rows, std::uint64_t width, const chiplet::Work& work);
};

}  // namespace hecaton::runs
