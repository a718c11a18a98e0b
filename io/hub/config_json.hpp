// The shapes of a model from the config.json that model hubs keep beside its weights.
#pragma once

#include <filesystem>
#include <string>

#include "core/training/model/config.hpp"

namespace hecaton::io {

// Its name is that of the known model that has the same family and shapes, else that of its architecture. Throws
// InputError, which names the file, the line and the key.
training::ModelConfig read_config_json(const std::filesystem::path& path);

}  // namespace hecaton::io
