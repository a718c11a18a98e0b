// A checkpoint: the state of a run at a halt, in one file.
//
//   magic, schema, bytes and digest of the head
//   head       what run this is of, when, with the place and digest of every section and stretch
//   sections   the state of each node, by node
//
// The state is keyed by node, and nothing in the file depends on how many ranks wrote it, or how they shared
// the package; so any number of ranks goes on from it. Rows of operations that ended before it are not in it
// but in trace files beside it, one for each stretch between two checkpoints (trace.hpp), which it names with
// their digests.
//
// Every byte of the file is covered: the head by its digest, the sections by theirs, and sections fill the
// file without a gap. A file of this name is complete: it is written beside, synced and renamed.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "core/engine/base/time.hpp"

namespace hecaton::io {

inline constexpr std::uint64_t checkpoint_schema = 5;

// A trace file with the operations that ended between two halts.
struct Stretch {
  std::string file;  // its name, in the folder of the checkpoint
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(file, rows, bytes, digest);
  }
};

// How the network is simulated: it decides what there is to be remembered.
struct SimulationWay {
  bool trains = true;
  bool clocked = true;

  friend bool operator==(const SimulationWay&, const SimulationWay&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(trains, clocked);
  }
};

// What must be the same for the run that goes on.
struct RunIdentity {
  std::string version;
  std::string git;
  std::uint64_t deck = 0;  // digest of its resolved text
  SimulationWay way;

  friend bool operator==(const RunIdentity&, const RunIdentity&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(version, git, deck, way);
  }
};
RunIdentity identity_of(const std::string& resolved_deck, SimulationWay way);

struct CheckpointHead {
  RunIdentity run;
  SimTime halt;              // every event before it is processed, none at or after it
  std::uint64_t events = 0;  // processed so far, by all ranks together
  bool operations = false;   // whether their rows were kept
  bool waits = false;        // likewise
  bool messages = false;     // likewise
  bool stalls = false;       // whether it was counted why links are idle
  std::uint32_t bins = 0;    // of time, of each link and DRAM channel
  std::vector<Stretch> stretches;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(run, halt, events, operations, waits, messages, stalls, bins, stretches);
  }
};

struct NodeState {
  std::uint32_t node = 0;
  std::vector<unsigned char> bytes;
};

// Of any bytes; the length counts.
std::uint64_t digest_of_bytes(std::span<const unsigned char> bytes);
std::uint64_t digest_of_file(const std::filesystem::path& path);

// Collective: `mine` are the states of this rank's nodes, ascending; the nodes of all ranks are 0, 1, 2, ...,
// each once; the head of rank 0 counts. Returns the bytes of the file. Throws std::runtime_error on every
// rank, and leaves no file, if it cannot be written.
std::uint64_t write_checkpoint(const std::filesystem::path& path, const CheckpointHead& head,
                               const std::vector<NodeState>& mine, const boost::mpi::communicator& comm);

// The file may be anything: whatever is no complete checkpoint is an InputError.
class CheckpointReader {
 public:
  explicit CheckpointReader(const std::filesystem::path& path);

  const CheckpointHead& head() const { return head_; }
  std::uint32_t nodes() const { return static_cast<std::uint32_t>(sections_.size()); }
  // The state of a node, its digest compared.
  std::vector<unsigned char> state_of(std::uint32_t node);
  // Compares every digest, those of the stretches included.
  void verify();

 private:
  struct Section {
    std::uint64_t bytes = 0;
    std::uint64_t digest = 0;
    std::uint64_t offset = 0;  // in the file
  };
  [[noreturn]] void refuse(const std::string& why) const;
  std::vector<unsigned char> read(std::uint64_t offset, std::uint64_t bytes);

  std::filesystem::path path_;
  std::ifstream file_;
  std::uint64_t file_bytes_ = 0;
  CheckpointHead head_;
  std::vector<Section> sections_;
};

}  // namespace hecaton::io
