#include "io/checkpoint/checkpoint.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/exception.hpp>
#include <boost/serialization/vector.hpp>
#include <cerrno>
#include <system_error>

#include "core/engine/base/bytes_digest.hpp"
#include "io/checkpoint/state_archive.hpp"
#include "io/files/durable_file.hpp"
#include "io/files/input_error.hpp"
#include "io/files/shared_atomic_file.hpp"
#include "io/files/shared_failure.hpp"
#include "io/files/version.hpp"

namespace hecaton::io {

namespace fs = std::filesystem;

namespace {

constexpr std::array<char, 8> magic = {'H', 'E', 'C', 'A', 'T', 'O', 'N', 'C'};
constexpr std::uint64_t prologue_bytes = 32;  // magic, schema, bytes and digest of the head
constexpr std::uint64_t largest_head = std::uint64_t{1} << 30U;

using Bytes = std::vector<unsigned char>;

// Writes at places of a file that ranks share.
class SharedFile {
 public:
  explicit SharedFile(const fs::path& path) : path_(path), id_(::open(path.c_str(), O_WRONLY | O_CLOEXEC)) {
    if (id_ < 0) fail("opening");
  }
  ~SharedFile() { static_cast<void>(::close(id_)); }  // what was written is synced by then
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  void write(std::uint64_t offset, std::span<const unsigned char> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(id_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("writing");
      offset += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void sync() {
    if (::fsync(id_) != 0) fail("syncing");
  }

 private:
  [[noreturn]] void fail(const char* action) const {
    throw std::system_error(errno, std::generic_category(), std::string(action) + " " + path_.string());
  }

  fs::path path_;
  int id_;
};

// Bytes and digest of every section, on every rank.
std::vector<std::uint64_t> gather_sections(const std::vector<NodeState>& mine,
                                           const boost::mpi::communicator& comm) {
  const std::uint64_t nodes = boost::mpi::all_reduce(comm, std::uint64_t{mine.size()}, std::plus<>());
  std::vector<std::uint64_t> own(2 * nodes, 0), all(own.size());
  for (const NodeState& state : mine) {
    own.at(std::size_t{2} * state.node) = state.bytes.size();
    own.at(std::size_t{2} * state.node + 1) = digest_of_bytes(state.bytes);
  }
  BOOST_MPI_CHECK_RESULT(MPI_Allreduce,
                         (own.data(), all.data(), static_cast<int>(own.size()), MPI_UINT64_T, MPI_SUM, comm));
  return all;
}

// Consecutive nodes together, as far as a buffer of this size takes them.
constexpr std::size_t write_bytes = std::size_t{1} << 20U;

void write_sections(SharedFile& file, const std::vector<NodeState>& mine,
                    const std::vector<std::uint64_t>& offsets) {
  Bytes run;
  std::uint64_t start = 0;
  for (const NodeState& state : mine) {
    if (start + run.size() != offsets[state.node] || run.size() >= write_bytes) {
      file.write(start, run);
      run.clear();
      start = offsets[state.node];
    }
    run.insert(run.end(), state.bytes.begin(), state.bytes.end());
  }
  file.write(start, run);
}

Bytes beginning(const Bytes& head) {
  StateWriter writer;
  for (const char c : magic) writer.put(c);
  writer.put(checkpoint_schema);
  writer.put(std::uint64_t{head.size()});
  writer.put(digest_of_bytes(head));
  Bytes bytes = writer.take();
  bytes.insert(bytes.end(), head.begin(), head.end());
  return bytes;
}

Bytes head_bytes(const CheckpointHead& head, const std::vector<std::uint64_t>& sections) {
  StateWriter writer;
  writer(head, sections);
  return writer.take();
}

// Where each section begins, and at last where the file ends.
std::vector<std::uint64_t> offsets_of(std::uint64_t start, const std::vector<std::uint64_t>& sections) {
  std::vector<std::uint64_t> offsets{start};
  for (std::size_t n = 0; n < sections.size(); n += 2) offsets.push_back(offsets.back() + sections[n]);
  return offsets;
}

void write_file(const fs::path& temporary, const Bytes& start, const std::vector<NodeState>& mine,
                const std::vector<std::uint64_t>& offsets, const boost::mpi::communicator& comm) {
  on_root(comm, [&] {
    reserve_room(temporary, offsets.back());
    fs::resize_file(temporary, offsets.back());
  });
  together(comm, [&] {
    SharedFile file(temporary);
    write_sections(file, mine, offsets);
    if (comm.rank() == 0) file.write(0, start);
    file.sync();
  });
}

}  // namespace

RunIdentity identity_of(const std::string& resolved_deck, SimulationWay way) {
  const BuildInfo& build = build_info();
  return {build.version, build.git, digest_of_text(resolved_deck), way};
}

std::uint64_t digest_of_bytes(std::span<const unsigned char> bytes) {
  BytesDigest digest;
  digest.add(bytes);
  return digest.value();
}

std::uint64_t digest_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  BytesDigest digest;
  Bytes block(std::size_t{1} << 20U);
  while (file) {
    file.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size()));
    digest.add({block.data(), static_cast<std::size_t>(file.gcount())});
  }
  if (!file.eof()) throw std::runtime_error(path.string() + " cannot be read");
  return digest.value();
}

std::uint64_t write_checkpoint(const fs::path& path, const CheckpointHead& head,
                               const std::vector<NodeState>& mine, const boost::mpi::communicator& comm) {
  const std::vector<std::uint64_t> sections = gather_sections(mine, comm);
  Bytes start = beginning(head_bytes(head, sections));
  boost::mpi::broadcast(comm, start, 0);
  const std::vector<std::uint64_t> offsets = offsets_of(start.size(), sections);
  SharedAtomicFile file(path, comm);
  write_file(file.temporary(), start, mine, offsets, comm);
  file.publish();
  return offsets.back();
}

CheckpointReader::CheckpointReader(const fs::path& path) : path_(path) {
  std::error_code error;
  if (!fs::exists(path, error))
    throw InputError({path.string()}, "", "is no checkpoint", "there is no such file", "check the path");
  if (!fs::is_regular_file(path, error)) refuse("it is no regular file");
  file_bytes_ = fs::file_size(path, error);
  file_.open(path, std::ios::binary);
  if (error || !file_) refuse("it cannot be read");
  const Bytes start = read(0, prologue_bytes);
  if (std::memcmp(start.data(), magic.data(), magic.size()) != 0) refuse("it does not begin like one");
  std::uint64_t schema = 0, bytes = 0, digest = 0;
  StateReader numbers(std::span<const unsigned char>(start).subspan(magic.size()));
  numbers(schema, bytes, digest);
  if (schema != checkpoint_schema)
    refuse(fmt::format("its schema is {}, this version reads {}", schema, checkpoint_schema));
  if (bytes > largest_head) refuse("its head is damaged");
  const Bytes head = read(prologue_bytes, bytes);
  if (digest_of_bytes(head) != digest) refuse("its head is damaged");
  try {
    StateReader reader(head);
    std::vector<std::uint64_t> sections;
    reader(head_, sections);
    reader.expect_end();
    const std::vector<std::uint64_t> offsets = offsets_of(prologue_bytes + bytes, sections);
    for (std::size_t n = 0; n + 1 < sections.size(); n += 2)
      sections_.push_back({sections[n], sections[n + 1], offsets[n / 2]});
    if (offsets.back() != file_bytes_)
      refuse(fmt::format("it has {} bytes and should have {}", file_bytes_, offsets.back()));
  } catch (const InputError&) {
    throw;
  } catch (const std::exception& failure) {
    refuse(failure.what());
  }
}

void CheckpointReader::refuse(const std::string& why) const {
  throw InputError({path_.string()}, "", "is no complete checkpoint", why, "");
}

std::vector<unsigned char> CheckpointReader::read(std::uint64_t offset, std::uint64_t bytes) {
  if (offset > file_bytes_ || bytes > file_bytes_ - offset) refuse("it is cut off");
  Bytes content(bytes);
  file_.seekg(static_cast<std::streamoff>(offset));
  file_.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(bytes));
  if (!file_) refuse("it cannot be read");
  return content;
}

std::vector<unsigned char> CheckpointReader::state_of(std::uint32_t node) {
  const Section& section = sections_.at(node);
  Bytes bytes = read(section.offset, section.bytes);
  if (digest_of_bytes(bytes) != section.digest) refuse(fmt::format("the state of node {} is damaged", node));
  return bytes;
}

void CheckpointReader::verify() {
  for (std::uint32_t node = 0; node < nodes(); ++node) state_of(node);
  for (const Stretch& stretch : head_.stretches) {
    const fs::path file = path_.parent_path() / stretch.file;
    std::error_code error;
    if (fs::file_size(file, error) != stretch.bytes || error)
      refuse(fmt::format("{}, which it builds on, is missing or cut off", file.string()));
    if (digest_of_file(file) != stretch.digest)
      refuse(fmt::format("{}, which it builds on, is damaged", file.string()));
  }
}

}  // namespace hecaton::io
