// A checkpoint: refused in words, or read node by node. Damage is found by digests, which would hide all that is read
// after them; so each input is tried twice, as it is and with the digests of its head put right.
#include "io/checkpoint/checkpoint.hpp"

#include <cstring>
#include <vector>

#include "io/files/input_error.hpp"
#include "tests/fuzz/input_file.hpp"

namespace {

// Magic and schema come before the bytes and the digest of the head, then the head.
constexpr std::size_t head_bytes_at = 16, digest_at = 24, head_at = 32;

void read(const std::filesystem::path& path) {
  try {
    hecaton::io::CheckpointReader reader(path);
    reader.verify();
  } catch (const hecaton::io::InputError&) {
  }
}

// The head goes to the end of the input unless it is given and fits.
std::vector<std::uint8_t> put_right(std::vector<std::uint8_t> bytes) {
  std::uint64_t head = 0;
  std::memcpy(&head, &bytes[head_bytes_at], sizeof head);
  if (head > bytes.size() - head_at) head = bytes.size() - head_at;
  std::memcpy(&bytes[head_bytes_at], &head, sizeof head);
  const std::uint64_t digest =
      hecaton::io::digest_of_bytes({bytes.data() + head_at, static_cast<std::size_t>(head)});
  std::memcpy(&bytes[digest_at], &digest, sizeof digest);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hecaton::fuzz::InputFile file("checkpoint-1.hck");
  read(file.with({data, size}));
  if (size >= head_at) read(file.with(put_right({data, data + size})));
  return 0;
}
