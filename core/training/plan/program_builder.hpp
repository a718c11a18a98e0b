// Writes a program and its meanings: one call per operation; the body of a loop is a function.
#pragma once

#include <cstdint>
#include <utility>

#include "core/chiplet/program/program.hpp"
#include "core/training/model/models.hpp"
#include "core/training/plan/meaning.hpp"

namespace hecaton::training {

// What a DRAM slot is for; a wait for a slot waits for everything started in it.
enum class Slot : std::uint8_t {
  border,    // activations or gradients that a mini-batch (or token tile) starts with
  saved,     // saved activations that are read back, or written, for a whole mini-batch
  tile,      // saved activations of one token tile
  residual,  // residual stream read back
  output,    // activations or gradients written
  weights,   // weights read
  gradients  // weight gradients written
};

// Of a loop or of products. Throws PlanError for what an operation can not count.
std::uint32_t count_of(std::uint64_t count);

// Bytes of `tokens` tokens of `features` features each.
constexpr std::uint64_t slice_bytes(std::uint64_t tokens, std::uint64_t features) {
  return tokens * features * element_bytes;
}

class ProgramBuilder {
 public:
  using Buffer = chiplet::Buffer;
  using OpCode = chiplet::OpCode;
  using Ring = chiplet::Ring;
  using Stage = chiplet::Stage;

  // Repeats what `body` adds; count >= 1. A loop of one iteration is written too, so that skip_last always
  // counts the same loops.
  template <class Body>
  void loop(chiplet::Iterates iterates, std::uint64_t count, Body&& body) {
    chiplet::Op& begin = add(OpCode::loop, Stage::none);
    begin.iterates = iterates;
    begin.section = section_;
    begin.count = count_of(count);
    std::forward<Body>(body)();
    add(OpCode::end_loop, Stage::none);
  }

  void matmul(Stage stage, std::uint64_t m, std::uint64_t k, std::uint64_t n, std::uint64_t count = 1) {
    chiplet::Op& op = add(OpCode::matmul, stage);
    op.count = count_of(count);
    op.m = m;
    op.k = k;
    op.n = n;
  }
  void vector(Stage stage, std::uint64_t bytes) { add(OpCode::vector, stage).bytes = bytes; }

  void all_gather(Stage stage, Ring ring, std::uint64_t units, std::uint64_t unit_bytes) {
    collective(OpCode::all_gather, stage, ring, units, unit_bytes);
  }
  void reduce_scatter(Stage stage, Ring ring, std::uint64_t units, std::uint64_t unit_bytes) {
    collective(OpCode::reduce_scatter, stage, ring, units, unit_bytes);
  }
  void all_reduce(Stage stage, Ring ring, std::uint64_t units, std::uint64_t unit_bytes) {
    collective(OpCode::all_reduce, stage, ring, units, unit_bytes);
  }
  // Everyone's payload to all, an equal part to each.
  void all_to_all(Stage stage, Ring ring, std::uint64_t units, std::uint64_t unit_bytes) {
    collective(OpCode::all_to_all, stage, ring, units, unit_bytes).schedule = chiplet::Schedule::direct;
  }

  // A broadcast or reduction whose root is the iteration of a loop: 1 the innermost, 2 the one around it.
  struct PanelForm {
    chiplet::Schedule schedule = chiplet::Schedule::tree;
    std::uint32_t chunks = 1;  // if pipelined
  };
  void panel(OpCode code, Stage stage, Ring ring, std::uint64_t units, std::uint64_t unit_bytes,
             PanelForm form, std::uint8_t root_loop) {
    chiplet::Op& op = collective(code, stage, ring, units, unit_bytes);
    op.schedule = form.schedule;
    op.count = form.chunks;
    op.root_loop = root_loop;
  }

  // Occupancy of the die's buffers. A read allocates what it brings: in the weight buffer if it is of weights
  // (and of what the optimizer streams), else in the activation buffer.
  void allocate(Buffer buffer, std::uint64_t bytes, std::uint8_t skip_last = 0) {
    if (bytes == 0) return;
    chiplet::Op& op = add(OpCode::allocate, Stage::none);
    op.buffer = buffer;
    op.bytes = bytes;
    op.skip_last = skip_last;
  }
  void release(Buffer buffer, std::uint64_t bytes) { release_op(buffer, bytes, -1); }
  // Data on its way to DRAM keeps its place until the write is complete.
  void release_after(Slot slot, Buffer buffer, std::uint64_t bytes) {
    release_op(buffer, bytes, static_cast<std::int32_t>(slot));
  }
  // skip_last: see chiplet::Op.
  void read(Stage stage, Slot slot, std::uint64_t bytes, std::uint8_t skip_last = 0) {
    allocate(slot == Slot::weights ? Buffer::weight : Buffer::activation, bytes, skip_last);
    transfer(OpCode::dram_read, stage, slot, bytes, skip_last);
  }
  void write(Stage stage, Slot slot, std::uint64_t bytes) {
    transfer(OpCode::dram_write, stage, slot, bytes, 0);
  }
  void wait(Stage stage, Slot slot) { add(OpCode::dram_wait, stage).slot = static_cast<std::uint8_t>(slot); }

  void set_layer(std::int32_t layer) { add(OpCode::set_layer, Stage::none).value = layer; }
  void add_layer(std::int32_t by) { add(OpCode::add_layer, Stage::none).value = by; }
  void set_minibatch(std::int32_t minibatch) { add(OpCode::set_minibatch, Stage::none).value = minibatch; }
  void add_minibatch(std::int32_t by) { add(OpCode::add_minibatch, Stage::none).value = by; }

  // Loops that follow belong to this part of the step.
  void set_section(chiplet::Section section) { section_ = section; }
  // Operations that follow belong to this operator of a layer's list.
  void set_operator(std::size_t place) { place_ = static_cast<std::uint8_t>(place); }
  // The meaning of all operations since `mark`: an exchange may be several collectives.
  std::size_t mark() const { return program_.size(); }
  void mean(std::size_t mark, Meaning meaning) {
    meaning.parts = static_cast<std::uint8_t>(program_.size() - mark);
    meaning.place = place_;
    for (std::size_t i = mark; i < program_.size(); ++i) {
      meaning.part = static_cast<std::uint8_t>(i - mark);
      meanings_[i] = meaning;
    }
  }
  // The meaning of the last operation.
  void mean(Meaning meaning) {
    meaning.place = place_;
    meanings_.back() = meaning;
  }

  chiplet::Program take() { return std::move(program_); }
  Meanings take_meanings() { return std::move(meanings_); }

 private:
  chiplet::Op& add(OpCode code, Stage stage) {
    chiplet::Op& op = program_.emplace_back();
    meanings_.emplace_back();
    op.code = code;
    op.stage = stage;
    return op;
  }
  chiplet::Op& collective(OpCode code, Stage stage, Ring ring, std::uint64_t units,
                          std::uint64_t unit_bytes) {
    chiplet::Op& op = add(code, stage);
    op.ring = ring;
    op.units = units;
    op.unit_bytes = static_cast<std::uint32_t>(unit_bytes);
    return op;
  }
  void release_op(Buffer buffer, std::uint64_t bytes, std::int32_t slot) {
    if (bytes == 0) return;
    chiplet::Op& op = add(OpCode::release, Stage::none);
    op.buffer = buffer;
    op.bytes = bytes;
    op.value = slot;
  }
  void transfer(OpCode code, Stage stage, Slot slot, std::uint64_t bytes, std::uint8_t skip_last) {
    chiplet::Op& op = add(code, stage);
    op.slot = static_cast<std::uint8_t>(slot);
    op.bytes = bytes;
    op.skip_last = skip_last;
  }

  chiplet::Program program_;
  Meanings meanings_;
  chiplet::Section section_ = chiplet::Section::none;
  std::uint8_t place_ = 0;
};

// In the activation buffer.
// The meaning of the last operation, for a linear layer that lies on the grid.
inline void mean_on_grid(ProgramBuilder& b, Verb verb, Pass pass, chiplet::Stage linear) {
  b.mean({verb, pass, Spread::grid, linear});
}

inline void hold(ProgramBuilder& b, std::uint64_t bytes) {
  b.allocate(chiplet::Buffer::activation, bytes);
}
inline void drop(ProgramBuilder& b, std::uint64_t bytes) {
  b.release(chiplet::Buffer::activation, bytes);
}
inline void drop_after(ProgramBuilder& b, Slot slot, std::uint64_t bytes) {
  b.release_after(slot, chiplet::Buffer::activation, bytes);
}

}  // namespace hecaton::training
