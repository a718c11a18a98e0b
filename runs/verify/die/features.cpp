#include "runs/verify/die/features.hpp"

#include <algorithm>

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Stage;
using chiplet::Work;

namespace {

void append(Indices& to, const Indices& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

std::uint64_t DieFeatures::parts() const {
  return places_->is_one_d() ? places_->dies() : places_->size_of(Ring::row);
}

Indices DieFeatures::outputs_at(const Work& work, std::uint64_t place, std::uint64_t count) const {
  const std::int32_t block = places_->block_of(work);
  const training::Meaning& m = places_->meaning(work);
  switch (places_->linear_of(work).stage) {
    case Stage::qkv: {
      const std::uint64_t head = shape_->head_size(block);
      const Heads heads = heads_at(block, place);
      const std::uint64_t queries = m.half == 1 ? 0 : heads.count * head;
      const std::uint64_t pairs = m.half == 0 && m.halves == 2 ? 0 : (count - queries) / (2 * head);
      Indices outputs = count_up(heads.first * head, queries);
      const std::uint64_t first = shape_->kv_head_of(block, heads.first);
      append(outputs, count_up(shape_->key_at(block, first), pairs * head));
      append(outputs, count_up(shape_->value_at(block, first), pairs * head));
      return outputs;
    }
    case Stage::ffn_up: {
      const training::Operator& o = shape_->operator_at(block);
      if (!o.gated) return count_up(place * count, count);
      Indices outputs = count_up(place * (count / 2), count / 2);
      append(outputs, count_up(o.ffn + place * (count / 2), count / 2));
      return outputs;
    }
    case Stage::head:
      return words();
    default:
      return count_up(place * count, count);
  }
}

// Of queries, keys and values whole heads; keys and values that are fewer than
// the places lie on several.
Indices DieFeatures::outputs_of(const Work& work, std::uint64_t place) const {
  const Linear linear = places_->linear_of(work);
  const training::Spread spread = places_->meaning(work).spread;
  const std::uint64_t dies =
      spread == training::Spread::grid_transposed ? places_->size_of(Ring::column) : parts();
  if (linear.stage != Stage::qkv)
    return outputs_at(work, place, shape_->outputs_of({linear.stage, linear.block}) / dies);
  const training::Operator& o = shape_->operator_at(linear.block);
  const std::uint64_t heads = std::max<std::uint64_t>(1, o.heads / dies),
                      pairs = std::max<std::uint64_t>(1, o.kv_heads / dies);
  return outputs_at(work, place, (heads + 2 * pairs) * o.head);
}

Indices DieFeatures::stream() const {
  const std::uint64_t hidden = shape_->hidden();
  if (places_->is_one_d()) return count_up(0, hidden);
  const Ring group = places_->feature_ring();
  const std::uint64_t count = hidden / places_->size_of(group);
  return count_up(places_->place_in(group) * count, count);
}

Indices DieFeatures::ffn(std::int32_t block) const {
  const training::Operator& o = shape_->operator_at(block);
  const Ring line = o.experts > 1 ? places_->feature_ring() : Ring::row;
  const Ring group = places_->is_one_d() ? Ring::package : line;
  const std::uint64_t count = o.ffn / places_->size_of(group);
  return count_up(places_->place_in(group) * count, count);
}

Indices DieFeatures::up(std::int32_t block) const {
  const training::Operator& o = shape_->operator_at(block);
  const Indices features = ffn(block);
  Indices up = features;
  if (o.gated) append(up, count_up(o.ffn + features.front(), features.size()));
  return up;
}

// 1D: some dies have a word more; these come first in the numbering of dies.
Indices DieFeatures::words() const {
  const std::uint64_t place = places_->is_one_d() ? places_->id().value : places_->place_in(Ring::row);
  const std::uint64_t vocabulary = shape_->model().vocabulary;
  const std::uint64_t first = chunk_start(vocabulary, parts(), place);
  return count_up(first, chunk_start(vocabulary, parts(), place + 1) - first);
}

Heads DieFeatures::heads_at(std::int32_t block, std::uint64_t place) const {
  const std::uint64_t heads = shape_->operator_at(block).heads;
  if (heads >= parts()) return {place * (heads / parts()), heads / parts()};
  const std::uint64_t dies = parts() / heads;  // that share a head
  return {place / dies, 1, dies, place % dies};
}

Indices DieFeatures::queries(std::int32_t block) const {
  const Heads heads = attention_heads(block);
  const std::uint64_t size = shape_->head_size(block);
  return count_up(heads.first * size, heads.count * size);
}

Heads DieFeatures::gradient_heads(std::int32_t block) const {
  if (block < 0 || !shape_->is_attention(block)) return {};
  return heads_at(block, places_->place_in(places_->is_one_d() ? Ring::package : Ring::row));
}

Heads DieFeatures::attention_heads(std::int32_t block) const {
  if (places_->is_one_d()) return heads_at(block, places_->place_in(Ring::package));
  const Heads all = heads_at(block, places_->place_in(Ring::row));
  if (!places_->is_by_head()) return all;
  const std::uint64_t count = all.count / places_->size_of(Ring::column);
  return {all.first + places_->line_place(Ring::column) * count, count};
}

Indices DieFeatures::by_head(const Work& work, std::uint64_t place) const {
  const std::int32_t block = places_->block_of(work);
  const std::uint64_t size = shape_->head_size(block);
  const Heads all = heads_at(block, places_->place_in(Ring::row));
  const std::uint64_t count = all.count / places_->size_of(Ring::column), first = all.first + place * count;
  Indices features = count_up(first * size, count * size);
  if (places_->linear_of(work).stage != Stage::qkv) return features;
  const std::uint64_t kv = shape_->kv_head_of(block, first);
  const std::uint64_t pairs = shape_->kv_head_of(block, first + count - 1) - kv + 1;
  append(features, count_up(shape_->key_at(block, kv), pairs * size));
  append(features, count_up(shape_->value_at(block, kv), pairs * size));
  return features;
}

}  // namespace hecaton::runs
