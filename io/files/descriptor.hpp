// Owns a file descriptor: closes it once. Closing reports nothing, so what must be on disk is synced before.
#pragma once

#include <unistd.h>

#include <utility>

namespace hecaton::io {

class Descriptor {
 public:
  explicit Descriptor(int id) : id_(id) {}  // -1: none, as open() answers when it fails
  Descriptor(Descriptor&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Descriptor() {
    if (id_ >= 0) static_cast<void>(::close(id_));
  }

  bool is_open() const { return id_ >= 0; }
  int id() const { return id_; }

 private:
  int id_;
};

}  // namespace hecaton::io
