#include "runs/verify/die/tokens.hpp"

#include <algorithm>

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;

std::uint64_t DieTokens::tile_of(const Work& work, std::uint64_t tile_tokens) const {
  const auto done = done_.find({places_->linear_of(work), places_->meaning(work).pass});
  if (done == done_.end() || tile_tokens == 0) return 0;
  return done->second % std::max<std::uint64_t>(1, places_->minibatch_tokens() / tile_tokens);
}

std::uint64_t DieTokens::base_of(const Work& work) const {
  return static_cast<std::uint64_t>(std::max(work.minibatch, 0)) * places_->minibatch_tokens();
}

Indices DieTokens::slice_at(std::uint64_t base, Ring group, std::uint64_t place, std::uint64_t tile,
                            std::uint64_t tile_tokens) const {
  const std::uint64_t each = tile_tokens / places_->size_of(group);
  const std::uint64_t rows = places_->size_of(Ring::column), minibatch_tokens = places_->minibatch_tokens();
  Indices tokens = count_up(tile * each, each);
  for (std::uint64_t& token : tokens) {
    if (group == Ring::column) token += place * (minibatch_tokens / rows);
    if (group == Ring::package) token = token * places_->dies() + place;
    if (group == Ring::row)
      token = listed_token(minibatch_tokens, rows, place + token * places_->size_of(Ring::row));
    token += base;
  }
  return tokens;
}

Indices DieTokens::slice(const Work& work, Ring group, std::uint64_t place, std::uint64_t tile_tokens) const {
  return slice_at(base_of(work), group, place, tile_of(work, tile_tokens), tile_tokens);
}

Indices DieTokens::own(const Work& work, Ring group, std::uint64_t tile_tokens) const {
  return slice(work, group, places_->place_in(group), tile_tokens);
}

Indices DieTokens::all(const Work& work, Ring group, std::uint64_t tile_tokens) const {
  Indices tokens;
  for (std::uint64_t place = 0; place < places_->size_of(group); ++place) {
    const Indices more = slice(work, group, place, tile_tokens);
    tokens.insert(tokens.end(), more.begin(), more.end());
  }
  return tokens;
}

Indices DieTokens::minibatch(const Work& work, Ring group, std::uint64_t place) const {
  return minibatch_at(base_of(work), group, place);
}

Indices DieTokens::minibatch_at(std::uint64_t base, Ring group, std::uint64_t place) const {
  return slice_at(base, group, place, 0, places_->minibatch_tokens());
}

Indices DieTokens::stream(const Work& work) const {
  if (places_->is_one_d()) return recent_;
  const Ring group = places_->token_ring();
  return minibatch(work, group, places_->place_in(group));
}

Indices DieTokens::attention(const Work& work) const {
  if (places_->is_one_d() || places_->is_by_head())
    return count_up(base_of(work), places_->minibatch_tokens());
  return minibatch(work, Ring::column, places_->place_in(Ring::column));
}

Indices DieTokens::with_queries(const Indices& tokens, const Heads& heads, std::uint64_t sequence) {
  Indices own = tokens;
  std::erase_if(own, [&](std::uint64_t token) { return !heads.has_query(token % sequence); });
  return own;
}

}  // namespace hecaton::runs
