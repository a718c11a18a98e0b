// What a loop of a cycle leaves to a later one: a list of fixed capacity that is written through a pointer,
// so that a record counts or does not without a branch.
#pragma once

#include <cstddef>
#include <memory>

namespace hecaton::net::clocked {

template <class Record>
class List {
 public:
  // Beyond `most` records there is room for `spare` that are written and do not count.
  List(std::size_t most, std::size_t spare)
      : records_(std::make_unique_for_overwrite<Record[]>(most + spare)), end_(records_.get()) {}

  Record* memory() const { return records_.get(); }
  // From now on the list is what is in memory before here.
  void end_at(Record* end) { end_ = end; }
  const Record* begin() const { return records_.get(); }
  const Record* end() const { return end_; }

 private:
  std::unique_ptr<Record[]> records_;
  Record* end_;
};

}  // namespace hecaton::net::clocked
