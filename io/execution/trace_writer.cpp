#include "io/execution/trace_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "io/execution/attributes.hpp"
#include "io/execution/conversion.hpp"
#include "io/execution/execution_trace.pb.h"
#include "io/execution/trace_reader.hpp"
#include "io/files/atomic_file.hpp"
#include "io/files/descriptor.hpp"

namespace hecaton::io::execution {
namespace {

using chiplet::OpCode;
using chiplet::graph::Verb;

constexpr std::string_view schema_version = "0.0.4";
constexpr std::size_t written_at_once = std::size_t{1} << 18U;
constexpr std::uint64_t ps_of_a_us = 1'000'000;

hecaton::execution::NodeType type_of(Verb verb) {
  switch (verb) {
    case Verb::nothing:
      return hecaton::execution::NODE_METADATA;
    case Verb::compute:
      return hecaton::execution::NODE_COMPUTE;
    case Verb::load:
      return hecaton::execution::NODE_LOAD;
    case Verb::store:
      return hecaton::execution::NODE_STORE;
    case Verb::send:
      return hecaton::execution::NODE_SEND;
    case Verb::receive:
      return hecaton::execution::NODE_RECEIVE;
    case Verb::collective:
      return hecaton::execution::NODE_COLLECTIVE;
  }
  throw std::logic_error("a node of no kind");
}

hecaton::execution::CollectiveType type_of(OpCode operation) {
  switch (operation) {
    case OpCode::all_gather:
      return hecaton::execution::COLLECTIVE_ALL_GATHER;
    case OpCode::reduce_scatter:
      return hecaton::execution::COLLECTIVE_REDUCE_SCATTER;
    case OpCode::all_reduce:
      return hecaton::execution::COLLECTIVE_ALL_REDUCE;
    case OpCode::broadcast:
      return hecaton::execution::COLLECTIVE_BROADCAST;
    case OpCode::reduce:
      return hecaton::execution::COLLECTIVE_REDUCE;
    case OpCode::all_to_all:
      return hecaton::execution::COLLECTIVE_ALL_TO_ALL;
    default:
      throw std::logic_error("a collective of no kind");
  }
}

// As others write them: most counts with a sign, bytes of tensors and picoseconds without.
class AttributeList {
 public:
  explicit AttributeList(hecaton::execution::Node& message) : message_(message) {}

  void add_signed(Key key, std::uint64_t value) { named(key).set_of_int64(static_cast<std::int64_t>(value)); }
  void add_unsigned(Key key, std::uint64_t value) { named(key).set_of_uint64(value); }
  void add_rank(Key key, std::uint32_t rank) { named(key).set_of_int32(static_cast<std::int32_t>(rank)); }
  void add_text(Key key, std::string_view text) { named(key).set_of_text(std::string(text)); }
  void add_switch(Key key, bool is_on) { named(key).set_of_bool(is_on); }

 private:
  hecaton::execution::Attribute& named(Key key) {
    hecaton::execution::Attribute& added = *message_.add_attributes();
    added.set_name(std::string(name_of(key)));
    return added;
  }

  hecaton::execution::Node& message_;
};

}  // namespace

struct TraceWriter::Writing {
  std::uint32_t rank;
  const Groups& groups;
  std::vector<std::string> names;  // by group
  std::string file_name;
  AtomicFile file;
  Descriptor out;
  hecaton::execution::Node message;  // used again and again, with what it has allocated
  std::string encoded, buffer;
  std::uint64_t nodes = 0;
  std::uint64_t bytes = 0;

  Writing(const std::filesystem::path& path, std::uint32_t of_rank, const Groups& all)
      : rank(of_rank),
        groups(all),
        names(all.members.size()),
        file_name(path.string()),
        file(path),
        out(::open(file.temporary().c_str(), O_WRONLY | O_CLOEXEC)) {
    if (!out.is_open()) fail();
    for (const auto& [name, group] : all.by_name)
      if (group > 0) names.at(group) = name;
    hecaton::execution::Metadata metadata;
    metadata.set_version(std::string(schema_version));
    put(metadata);
  }

  [[noreturn]] void fail() const {
    throw std::system_error(errno, std::generic_category(), "writing " + file_name);
  }

  // A message behind its length.
  template <class Message>
  void put(const Message& one) {
    if (!one.SerializeToString(&encoded)) throw std::runtime_error("writing " + file_name + ": no message");
    const std::size_t before = buffer.size();
    std::size_t length = encoded.size();
    for (; length >= 0x80U; length >>= 7U) buffer += static_cast<char>((length & 0x7fU) | 0x80U);
    buffer += static_cast<char>(length);
    buffer += encoded;
    bytes += buffer.size() - before;
    if (buffer.size() >= written_at_once) write_out();
  }

  void write_out() {
    for (std::size_t done = 0; done < buffer.size();) {
      const ssize_t written = ::write(out.id(), buffer.data() + done, buffer.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      done += static_cast<std::size_t>(written);
    }
    buffer.clear();
  }

  void add_collective(const chiplet::graph::Node& node) {
    AttributeList attributes(message);
    attributes.add_signed(Key::comm_type, static_cast<std::uint64_t>(type_of(node.operation)));
    attributes.add_signed(Key::comm_size, node.bytes);
    if (node.group > 0) attributes.add_text(Key::pg_name, names.at(node.group));
    if (chiplet::has_root(node.operation))
      attributes.add_rank(Key::comm_root, groups.members.at(node.group).at(node.root));
  }

  void add_message(const chiplet::graph::Node& node) {
    const bool sends = node.verb == Verb::send;
    AttributeList attributes(message);
    attributes.add_signed(Key::comm_size, node.bytes);
    attributes.add_rank(Key::comm_src, sends ? rank : node.peer);
    attributes.add_rank(Key::comm_dst, sends ? node.peer : rank);
    attributes.add_unsigned(Key::comm_tag, node.tag);
  }

  void add_attributes(const chiplet::graph::Node& node) {
    AttributeList attributes(message);
    if (node.recorded_ps > 0) attributes.add_unsigned(Key::duration_ps, node.recorded_ps);
    switch (node.verb) {
      case Verb::nothing:
        return;
      case Verb::compute:
        attributes.add_switch(Key::is_cpu_op, false);
        attributes.add_signed(Key::num_ops, node.operations);
        [[fallthrough]];
      case Verb::load:
      case Verb::store:
        return attributes.add_unsigned(Key::tensor_size, node.bytes);
      case Verb::send:
      case Verb::receive:
        return add_message(node);
      case Verb::collective:
        return add_collective(node);
    }
  }
};

TraceWriter::TraceWriter(const std::filesystem::path& file, std::uint32_t rank, const Groups& groups)
    : writing_(std::make_unique<Writing>(file, rank, groups)) {}
TraceWriter::TraceWriter(TraceWriter&&) noexcept = default;
TraceWriter& TraceWriter::operator=(TraceWriter&&) noexcept = default;
TraceWriter::~TraceWriter() = default;

void TraceWriter::add(const chiplet::graph::Node& node) {
  const bool is_message = node.verb == Verb::send || node.verb == Verb::receive;
  if (node.bytes > (is_message ? most_sent_bytes : most_moved_bytes) || node.operations > most_operations ||
      node.recorded_ps > most_recorded_ps || node.after.size() > most_dependencies)
    throw std::runtime_error(
        fmt::format("{} is too large for an execution trace", key_of_node(node.id, node.name)));
  hecaton::execution::Node& message = writing_->message;
  message.Clear();
  message.set_id(node.id);
  message.set_name(node.name);
  message.set_type(type_of(node.verb));
  message.mutable_after_by_data()->Add(node.after.begin(), node.after.end());
  message.set_duration_us(node.recorded_ps / ps_of_a_us);
  writing_->add_attributes(node);
  writing_->put(message);
  ++writing_->nodes;
}

void TraceWriter::publish() {
  writing_->write_out();
  writing_->file.publish();
}

std::uint64_t TraceWriter::nodes() const {
  return writing_->nodes;
}
std::uint64_t TraceWriter::bytes() const {
  return writing_->bytes;
}

}  // namespace hecaton::io::execution
