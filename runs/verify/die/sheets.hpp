// The elements of the step's tensors that a die has computed, and the weight gradients that it has added up.
//
// A sheet per tensor holds the elements that the die has got to know, by row and feature. Every element that
// is written is compared with the dense step; one that is needed and has not been written is a mistake.
// Weights, and the words' rows of the embedding table, are there from the start: the contents of DRAM are not
// followed, and a sheet keeps what goes to DRAM and comes back.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "runs/verify/dense/padded_step.hpp"
#include "runs/verify/die/features.hpp"
#include "runs/verify/die/findings.hpp"
#include "runs/verify/die/places.hpp"
#include "runs/verify/die/tokens.hpp"

namespace hecaton::runs {

// Row (token or route) and feature; or input and output of a linear layer.
using Element = std::pair<std::uint64_t, std::uint64_t>;
using Sheet = std::map<Element, Number>;

class DieSheets {
 public:
  // All must outlive this.
  DieSheets(const PaddedStep& dense, const DiePlaces& places, const DieFeatures& features,
            DieFindings& findings)
      : dense_(dense), places_(places), features_(features), findings_(findings) {}

  Number get(const TensorName& name, std::uint64_t row, std::uint64_t feature);
  // Of gradients of keys and values the die has what its heads add (DieFeatures::gradient_heads).
  void put(const TensorName& name, std::uint64_t row, std::uint64_t feature, Number value);
  // The same, of these heads only.
  void put_of_heads(const TensorName& name, std::uint64_t row, std::uint64_t feature, Number value,
                    Heads heads);
  // A block: row by row.
  Numbers cut(const TensorName& name, const Indices& rows, const Indices& features);
  void put_all(const TensorName& name, const Indices& rows, const Indices& features, const Numbers& numbers);

  // A block of the weights of this die. Each needs a gradient by the end of the step.
  Numbers weights(const Linear& linear, const Indices& inputs, const Indices& outputs);
  void add_gradient(const Linear& linear, const Indices& inputs, const Indices& outputs,
                    const Numbers& product);

  // After the run, when weight gradients are complete: compares them. A gradient has to be there for every
  // weight that was used, and for the embedded words, although no operation needs them.
  void finish(const DieTokens& tokens);

 private:
  void check_complete();
  GradientPart adapter_part_1d(const Linear& linear, const DieTokens& tokens) const;
  // Of the step: those that this die has of a slice along these lines.
  Indices own_tokens(const DieTokens& tokens, chiplet::Ring ring) const;
  GradientPart gradient_part(const Linear& linear, const DieTokens& tokens) const;

  const PaddedStep& dense_;
  const DiePlaces& places_;
  const DieFeatures& features_;
  DieFindings& findings_;
  std::map<TensorName, Sheet> sheets_;
  std::map<Linear, Sheet> gradients_;                             // of weights
  std::map<Linear, std::set<std::pair<Indices, Indices>>> used_;  // weights: inputs and outputs
};

}  // namespace hecaton::runs
