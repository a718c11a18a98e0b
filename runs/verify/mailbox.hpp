// What is in the messages of a verified run: the simulated network carries packets, and when it says that a
// message is there, its contents are taken from here. Contents for dies of other ranks travel by MPI.
#pragma once

#include <mpi.h>

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "runs/verify/dense/number.hpp"

namespace hecaton::runs {

class Mailbox {
 public:
  // `owner_of`: by node, the rank that simulates it. Collective.
  Mailbox(const boost::mpi::communicator& world, std::vector<RankId> owner_of);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void post(NodeId destination, std::uint64_t tag, Numbers contents);
  // The network has delivered the message, so its contents are on their way at least: waits for them.
  Numbers take(NodeId destination, std::uint64_t tag);
  bool empty() const { return arrived_.empty(); }

 private:
  using Key = std::pair<std::uint32_t, std::uint64_t>;
  struct Outgoing {
    MPI_Request request = MPI_REQUEST_NULL;
    std::vector<unsigned char> bytes;  // destination and tag, then the contents
  };
  void receive_one();

  boost::mpi::communicator world_;
  std::vector<RankId> owner_of_;
  std::multimap<Key, Numbers> arrived_;
  std::list<Outgoing> outgoing_;
};

}  // namespace hecaton::runs
