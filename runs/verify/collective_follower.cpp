#include "runs/verify/collective_follower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace hecaton::runs {

using training::CollectiveOperation;

namespace {

// What a die contributes to an element: from 1 to 2, unlike any other.
Number number_of(std::uint64_t seed, std::uint32_t die, std::uint64_t element) {
  std::uint64_t bits = seed * 0x9e3779b97f4a7c15U + die * 0xbf58476d1ce4e5b9U + element * 0x94d049bb133111ebU;
  bits ^= bits >> 30;
  bits *= 0xbf58476d1ce4e5b9U;
  bits ^= bits >> 27;
  bits *= 0x94d049bb133111ebU;
  bits ^= bits >> 31;
  return 1 + static_cast<Number>(bits >> 11) / static_cast<Number>(std::uint64_t{1} << 53);
}

bool adds(CollectiveOperation operation) {
  return operation == CollectiveOperation::reduce_scatter || operation == CollectiveOperation::all_reduce ||
         operation == CollectiveOperation::reduce;
}

}  // namespace

CollectiveFollower::CollectiveFollower(CollectiveRole role, Mailbox& mailbox)
    : role_(std::move(role)),
      mailbox_(&mailbox),
      findings_(role_.die),
      values_(role_.config.bytes * (is_all_to_all() ? role_.group.dies.size() : 1)),
      has_(values_.size()) {
  for (std::uint64_t element = 0; element < values_.size(); ++element) {
    if (!starts_with(element)) continue;
    values_[element] = number_of(role_.seed, role_.die.value, element % role_.config.bytes);
    has_[element] = true;
  }
}

bool CollectiveFollower::starts_with(std::uint64_t element) const {
  if (is_all_to_all()) return element / role_.config.bytes == role_.group.place;
  if (role_.config.operation == CollectiveOperation::broadcast) return role_.group.place == role_.config.root;
  if (role_.config.operation == CollectiveOperation::all_gather)
    return (*role_.group.owner)[element] == role_.group.place;
  return true;
}

bool CollectiveFollower::ends_with(std::uint64_t element) const {
  if (is_all_to_all()) return (*role_.group.owner)[element % role_.config.bytes] == role_.group.place;
  if (role_.config.operation == CollectiveOperation::reduce) return role_.group.place == role_.config.root;
  if (role_.config.operation == CollectiveOperation::reduce_scatter)
    return (*role_.group.owner)[element] == role_.group.place;
  return true;
}

Number CollectiveFollower::expected(std::uint64_t element) const {
  const CollectiveGroupOfDie& group = role_.group;
  if (is_all_to_all()) {
    const std::uint64_t bytes = role_.config.bytes;
    return number_of(role_.seed, group.dies.at(element / bytes), element % bytes);
  }
  if (!adds(role_.config.operation)) {
    const std::uint32_t from = role_.config.operation == CollectiveOperation::broadcast
                                   ? role_.config.root
                                   : (*group.owner)[element];
    return number_of(role_.seed, group.dies.at(from), element);
  }
  Number sum = 0;
  for (const std::uint32_t die : group.dies) sum += number_of(role_.seed, die, element);
  return sum;
}

std::string CollectiveFollower::at(std::uint64_t element) const {
  return fmt::format("element {}", element);
}

bool CollectiveFollower::fits(const Pieces& pieces, std::uint64_t elements, std::uint32_t step) {
  const std::uint64_t length = length_of(pieces);
  if (length == elements) return true;
  findings_.missing(fmt::format("step {}, in a message of {} for a piece of {}", step, elements, length),
                    std::max(length, elements) - std::min(length, elements));
  return false;
}

void CollectiveFollower::send(const chiplet::Work& work, const chiplet::Exchange&, std::uint32_t step,
                              const chiplet::Message& message) {
  const Pieces pieces = role_.layout.sent(work, step);
  Numbers contents;
  if (fits(pieces, message.bytes, step)) {
    for (const Interval& piece : pieces)
      for (std::uint64_t i = piece.first; i < piece.end(); ++i) {
        if (!has_[i]) findings_.missing(at(i) + " to be sent", 1);
        contents.push_back(values_[i]);
      }
  }
  contents.resize(message.bytes);
  mailbox_->post(message.destination, message.tag, std::move(contents));
}

void CollectiveFollower::receive(const chiplet::Work& work, const chiplet::Exchange& now, std::uint32_t step,
                                 std::uint64_t tag) {
  const Numbers contents = mailbox_->take(role_.die, tag);
  const Pieces pieces = role_.layout.received(work, step);
  if (!fits(pieces, contents.size(), step)) return;
  std::size_t taken = 0;
  for (const Interval& piece : pieces)
    for (std::uint64_t i = piece.first; i < piece.end(); ++i) {
      const Number number = contents[taken++];
      values_[i] = now.reduces ? values_[i] + number : number;
      has_[i] = true;
    }
}

Findings CollectiveFollower::finish() {
  for (std::uint64_t element = 0; element < values_.size(); ++element) {
    if (!ends_with(element)) continue;
    if (!has_[element]) findings_.missing(at(element), 1);
    findings_.compare(values_[element], expected(element), &Findings::outputs, at(element));
  }
  return findings_.all();
}

}  // namespace hecaton::runs
