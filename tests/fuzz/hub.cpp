// The config.json of a model hub: refused in words, or shapes that a deck may have.
#include <cstdlib>

#include "io/files/input_error.hpp"
#include "io/hub/config_json.hpp"
#include "tests/fuzz/input_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hecaton::fuzz::InputFile file("config.json");
  try {
    const hecaton::training::ModelConfig m = hecaton::io::read_config_json(file.with({data, size}));
    const auto is_in = [](std::uint32_t shape, std::uint32_t most) { return shape >= 1 && shape <= most; };
    if (!is_in(m.hidden, 1'000'000) || !is_in(m.ffn, 16'000'000) || !is_in(m.heads, 65536) ||
        !is_in(m.kv_heads, 65536) || !is_in(m.layers, 10'000) || !is_in(m.vocabulary, 16'000'000) ||
        !is_in(m.experts, 65536) || !is_in(m.experts_per_token, 65536) || m.head_dim > 65536)
      std::abort();
  } catch (const hecaton::io::InputError&) {
  }
  return 0;
}
