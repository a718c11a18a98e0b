#include "io/execution/survey.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/chiplet/graph/window.hpp"
#include "io/execution/collectives.hpp"
#include "io/execution/conversion.hpp"
#include "io/execution/messages.hpp"
#include "io/execution/stuck.hpp"
#include "io/execution/trace_reader.hpp"
#include "io/files/input_error.hpp"

namespace hecaton::io::execution {
namespace {

using chiplet::graph::Node;
using chiplet::graph::Verb;
using chiplet::graph::Window;

class Surveyor {
 public:
  Surveyor(const TraceFiles& files, std::uint32_t window)
      : files_(files), window_(window), messages_(files), collectives_(files) {}

  void read(std::uint32_t rank) {
    const std::string file = files_.of_rank[rank].string();
    TraceReader reader(file, rank, files_.ranks(), files_.groups);
    Window window(window_);
    while (auto node = reader.next()) {
      if (window.knows(node->id)) {
        throw InputError({file}, key_of_node(node->id, node->name), "is there twice",
                         "another node before it has the same id", "give it an id of its own");
      }
      look_at(rank, *node, file);
      window.add(std::move(*node));
      finish_all(window);
      if (window.full()) refuse_stuck(window, reader, file);
    }
    if (!window.empty()) refuse_stuck(window, reader, file);
    messages_.end_of(rank);
    collectives_.end_of(rank);
    found_.nodes += reader.nodes();
    found_.unknown_fields += reader.unknown_fields();
    found_.nodes_of.push_back(reader.nodes());
  }
  Survey take() { return std::move(found_); }

 private:
  static void finish_all(Window& window) {
    for (auto ready = window.take_ready(); !ready.empty(); ready = window.take_ready())
      for (const std::uint64_t number : ready) window.finish(number);
  }

  void look_at(std::uint32_t rank, const Node& node, const std::string& file) {
    switch (node.verb) {
      case Verb::nothing:
        break;
      case Verb::compute:
        ++found_.computations;
        add(found_.operations, node.operations, node, file, "operations");
        break;
      case Verb::load:
      case Verb::store:
        ++found_.transfers;
        add(found_.moved_bytes, node.bytes, node, file, "bytes to load and store");
        break;
      case Verb::send:
        ++found_.sends;
        add(found_.sent_bytes, node.bytes, node, file, "bytes to send");
        [[fallthrough]];
      case Verb::receive:
        messages_.add(rank, node);
        break;
      case Verb::collective:
        ++found_.collectives;
        collectives_.add(rank, node);
        break;
    }
  }

  static void add(std::uint64_t& total, std::uint64_t more, const Node& node, const std::string& file,
                  std::string_view what) {
    if (more > std::numeric_limits<std::int64_t>::max() - total) {
      throw InputError({file}, key_of_node(node.id, node.name), "is more than can be counted",
                       fmt::format("the traces have more than 2^63 {}", what), "shorten the traces");
    }
    total += more;
  }

  const TraceFiles& files_;
  std::uint32_t window_;
  Messages messages_;
  Collectives collectives_;
  Survey found_;
};

}  // namespace

Survey survey(const TraceFiles& files, std::uint32_t window) {
  Surveyor surveyor(files, window);
  for (std::uint32_t rank = 0; rank < files.ranks(); ++rank) surveyor.read(rank);
  return surveyor.take();
}

}  // namespace hecaton::io::execution
