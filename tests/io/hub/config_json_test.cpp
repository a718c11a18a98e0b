// A model hub's config.json as the model of a deck: files of each architecture, written here from the known models, and
// files that are hostile.
#include "io/hub/config_json.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>

#include "core/training/model/models.hpp"
#include "tests/io/deck/deck_file.hpp"

namespace hecaton::io::config_json_test {
namespace {

using nlohmann::json;
using test::DeckFile;
using training::Family;
using training::KnownModel;
using training::ModelConfig;

constexpr std::string_view deck_text =
    "[workload]\nkind = \"training\"\n[training]\nmodel = \"hub/config.json\"\n";

// A deck, and beside it the file that it names.
class HubDeck {
 public:
  explicit HubDeck(std::string_view file) : deck_(deck_text) {
    std::filesystem::create_directory(deck_.folder() / "hub");
    std::ofstream(path(), std::ios::binary) << file;
  }
  std::filesystem::path path() const { return deck_.folder() / "hub" / "config.json"; }
  Deck read(const std::vector<std::string>& overrides = {}) const {
    return read_deck(deck_.path(), overrides);
  }
  ModelConfig model(const std::vector<std::string>& overrides = {}) const {
    return read(overrides).as<training::TrainingConfig>().model;
  }
  std::string error() const { return test::error_of_path(deck_.path(), deck_.folder()); }

 private:
  DeckFile deck_;
};

ModelConfig model_of(const json& file) {
  return HubDeck(file.dump()).model();
}
std::string error_of(std::string_view file) {
  return HubDeck(file).error();
}

// Where most keys have the same names.
json common(const char* architecture, const ModelConfig& m) {
  return {{"architectures", {architecture}}, {"hidden_size", m.hidden},
          {"intermediate_size", m.ffn},      {"num_attention_heads", m.heads},
          {"num_hidden_layers", m.layers},   {"num_key_value_heads", m.kv_heads},
          {"tie_word_embeddings", m.tied},   {"vocab_size", m.vocabulary},
          {"max_position_embeddings", 8192}, {"torch_dtype", "bfloat16"}};
}

json llama_file(const ModelConfig& m) {
  if (m.experts > 1) {
    json file = common("MixtralForCausalLM", m);
    file["num_local_experts"] = m.experts;
    file["num_experts_per_tok"] = m.experts_per_token;
    return file;
  }
  json file = common(m.name.starts_with("phi")       ? "Phi3ForCausalLM"
                     : m.name.starts_with("mistral") ? "MistralForCausalLM"
                                                     : "LlamaForCausalLM",
                     m);
  file["head_dim"] = m.head_dim > 0 ? m.head_dim : m.hidden / m.heads;
  return file;
}

json qwen3_file(const ModelConfig& m) {
  json file = common(m.experts > 1 ? "Qwen3MoeForCausalLM" : "Qwen3ForCausalLM", m);
  file["head_dim"] = 128;
  if (m.experts == 1) return file;
  file["intermediate_size"] = 6144;  // of layers without experts, which there are none of
  file["moe_intermediate_size"] = m.ffn;
  file["num_experts"] = m.experts;
  file["num_experts_per_tok"] = m.experts_per_token;
  file["decoder_sparse_step"] = 1;
  file["mlp_only_layers"] = json::array();
  return file;
}

json gemma2_file(const ModelConfig& m) {
  json file = common("Gemma2ForCausalLM", m);
  file.erase("tie_word_embeddings");  // which is true if nothing is said
  file["head_dim"] = m.head_dim;
  file["attn_logit_softcapping"] = 50.0;
  file["final_logit_softcapping"] = 30.0;
  file["sliding_window"] = 4096;
  return file;
}

json gpt2_file(const ModelConfig& m) {
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"model_type", "gpt2"},
          {"n_embd", m.hidden},
          {"n_head", m.heads},
          {"n_layer", m.layers},
          {"n_positions", 1024},
          {"n_ctx", 1024},
          {"vocab_size", m.vocabulary}};
}

json opt_file(const ModelConfig& m) {
  return {{"architectures", {"OPTForCausalLM"}},
          {"hidden_size", m.hidden},
          {"ffn_dim", m.ffn},
          {"num_attention_heads", m.heads},
          {"num_hidden_layers", m.layers},
          {"max_position_embeddings", 2048},
          {"word_embed_proj_dim", m.hidden},
          {"do_layer_norm_before", true},
          {"vocab_size", m.vocabulary}};
}

json falcon_file(const ModelConfig& m) {
  return {{"architectures", {"FalconForCausalLM"}},
          {"hidden_size", m.hidden},
          {"num_attention_heads", m.heads},
          {"num_hidden_layers", m.layers},
          {"num_kv_heads", 71},
          {"multi_query", true},
          {"parallel_attn", true},
          {"bias", false},
          {"vocab_size", m.vocabulary}};
}

// None where no architecture that is known has such models.
std::optional<json> file_of(const KnownModel& known) {
  const ModelConfig& m = known.shapes;
  switch (known.family) {
    case Family::llama:
      return llama_file(m);
    case Family::qwen2:
      return common("Qwen2ForCausalLM", m);
    case Family::qwen3:
      return qwen3_file(m);
    case Family::gemma2:
      return gemma2_file(m);
    case Family::gpt2:
      return gpt2_file(m);
    case Family::opt:
      return opt_file(m);
    case Family::falcon:
      return falcon_file(m);
    default:
      return std::nullopt;
  }
}

TEST(ConfigJson, OfAKnownModelIsThatModel) {
  std::size_t files = 0;
  for (const KnownModel& known : training::known_models()) {
    const std::optional<json> file = file_of(known);
    if (!file) continue;
    ++files;
    const HubDeck deck(file->dump(2));
    ASSERT_EQ(deck.error(), "") << known.shapes.name;
    EXPECT_EQ(deck.model(), known.shapes) << known.shapes.name;
    EXPECT_EQ(training::parameters_of(deck.model()), training::parameters(known.shapes.name));
  }
  EXPECT_EQ(files, training::known_models().size() - 8);  // five of GPT-3, BERT, Bloom, Qwen1.5
}

// As a hub has it, with all that says nothing of shapes.
constexpr std::string_view llama3 = R"({
  "architectures": [
    "LlamaForCausalLM"
  ],
  "attention_bias": false,
  "attention_dropout": 0.0,
  "bos_token_id": 128000,
  "eos_token_id": [128001, 128008, 128009],
  "hidden_act": "silu",
  "hidden_size": 4096,
  "initializer_range": 0.02,
  "intermediate_size": 14336,
  "max_position_embeddings": 131072,
  "mlp_bias": false,
  "model_type": "llama",
  "num_attention_heads": 32,
  "num_hidden_layers": 32,
  "num_key_value_heads": 8,
  "pretraining_tp": 1,
  "rms_norm_eps": 1e-05,
  "rope_scaling": {
    "factor": 8.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 8192,
    "rope_type": "llama3"
  },
  "rope_theta": 500000.0,
  "tie_word_embeddings": false,
  "torch_dtype": "bfloat16",
  "transformers_version": "4.43.0.dev0",
  "use_cache": true,
  "vocab_size": 128256
}
)";

std::string changed(std::string_view from, std::string_view to, std::string_view text = llama3) {
  std::string all(text);
  const auto at = all.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return all.replace(at, from.size(), to);
}

// The resolved deck holds the shapes, not the path: it is that of the model's name, and goes where no file is.
TEST(ConfigJson, IsInTheResolvedDeckWithoutItsPath) {
  const Deck by_file = HubDeck(llama3).read();
  const std::string name = "[workload]\nkind = \"training\"\n[training]\nmodel = \"llama3.1-8b\"\n";
  EXPECT_EQ(by_file.resolved_toml, test::load(name).deck.resolved_toml);
  EXPECT_EQ(by_file.resolved_toml.find("json"), std::string::npos);
  EXPECT_EQ(parse_deck(by_file.resolved_toml, "deck").resolved_toml, by_file.resolved_toml);
  // Of a model that nobody knows too.
  const Deck other = HubDeck(changed("\"hidden_size\": 4096", "\"hidden_size\": 4608")).read();
  const ModelConfig& model = other.as<training::TrainingConfig>().model;
  EXPECT_EQ(model.name, "LlamaForCausalLM");
  EXPECT_EQ(model.hidden, 4608U);
  EXPECT_EQ(model.kv_heads, 8U);
  EXPECT_FALSE(model.tied);
  EXPECT_EQ(parse_deck(other.resolved_toml, "deck").as<training::TrainingConfig>().model, model);
}

TEST(ConfigJson, IsOverriddenLikeAModelByName) {
  const HubDeck deck(llama3);
  EXPECT_EQ(deck.model({"training.model.layers=2"}).name, "llama3.1-8b-changed");
  EXPECT_EQ(deck.model({"training.model.layers=2"}).layers, 2U);
  EXPECT_EQ(deck.model({"training.model=llama2-7b"}).name, "llama2-7b");
  EXPECT_EQ(deck.model({"training.model.name=llama2-7b"}).ffn, 11008U);
  const DeckFile named("[workload]\nkind = \"training\"\n[training.model]\nname = \"llama2-7b\"\n");
  const std::vector<std::string> by_file = {"training.model=" + deck.path().string()};
  EXPECT_EQ(read_deck(named.path(), by_file).as<training::TrainingConfig>().model.name, "llama3.1-8b");
}

TEST(ConfigJson, IsAFileThatTheDeckReads) {
  const HubDeck deck(llama3);
  const LoadedDeck loaded = load_deck(deck.path().parent_path().parent_path() / "deck.toml", {});
  ASSERT_EQ(loaded.files.size(), 1U);
  EXPECT_EQ(loaded.files.at("training.model"), deck.path());
}

// What is left out has the default of the architecture, if it has one.
TEST(ConfigJson, HasTheDefaultsOfItsArchitecture) {
  EXPECT_EQ(HubDeck(changed("  \"num_key_value_heads\": 8,\n", "")).model().kv_heads, 32U);
  EXPECT_FALSE(HubDeck(changed("  \"tie_word_embeddings\": false,\n", "")).model().tied);
  json gpt2 = gpt2_file(*training::find_model("gpt2"));
  gpt2["n_inner"] = nullptr;
  EXPECT_EQ(model_of(gpt2).name, "gpt2");
  gpt2["n_inner"] = 1000;
  EXPECT_EQ(model_of(gpt2).ffn, 1000U);
  EXPECT_EQ(model_of(gpt2).name, "GPT2LMHeadModel");
  // Other positions are other parameters, which are no shapes.
  gpt2.erase("n_inner");
  gpt2["n_positions"] = 2048;
  EXPECT_EQ(model_of(gpt2).name, "GPT2LMHeadModel");
  json gemma = gemma2_file(*training::find_model("gemma2-2b"));
  EXPECT_TRUE(model_of(gemma).soft_cap);
  gemma["attn_logit_softcapping"] = gemma["final_logit_softcapping"] = nullptr;
  EXPECT_FALSE(model_of(gemma).soft_cap);
}

TEST(ConfigJson, NamesFileLineAndKeyOfWhatIsWrong) {
  EXPECT_EQ(
      error_of(changed("\"hidden_act\": \"silu\"", "\"hidden_sise\": 64")),
      "hub/config.json:9:3: hidden_sise: is not known (it may change the shapes of LlamaForCausalLM) remove it "
      "if it does not, or give the shapes under [training.model]");
  EXPECT_EQ(
      error_of(changed("4096", "\"4096\"")),
      "hub/config.json:10:3: hidden_size: cannot be the text \"4096\" (a whole number is needed) give 1 to 1000000");
  EXPECT_EQ(error_of(changed("  \"vocab_size\": 128256\n", "  \"use_cache\": true\n")),
            "hub/config.json:33:3: use_cache: is given twice (one of the two would not be read) remove one");
  EXPECT_EQ(
      error_of(changed(",\n  \"vocab_size\": 128256\n", "\n")),
      "hub/config.json: vocab_size: is missing (LlamaForCausalLM has no default for it) add it, or give the "
      "shapes under [training.model]");
  EXPECT_EQ(error_of(changed("\"mlp_bias\": false", "\"mlp_bias\": true")),
            "hub/config.json:14:3: mlp_bias: cannot be \"true\" (known is false) give the shapes under "
            "[training.model] instead");
  EXPECT_EQ(
      error_of(changed("\"model_type\": \"llama\"", "\"model_type\": \"bert\"")),
      "hub/config.json:15:3: model_type: cannot be the text \"bert\" (LlamaForCausalLM is of type \"llama\") "
      "check which of the two keys is right");
}

TEST(ConfigJson, OfAnotherKindOfModelIsRefused) {
  const auto names = [](std::string_view file, std::string_view words) {
    return error_of(file).find(words) != std::string::npos;
  };
  for (const char* other : {"[\"BertForMaskedLM\"]", "[]", "null", "\"LlamaForCausalLM\"",
                            "[\"LlamaForCausalLM\", \"LlamaForCausalLM\"]", "[7]", "{}"}) {
    EXPECT_TRUE(
        names(fmt::format("{{\"architectures\": {}}}", other), "config.json:1:2: architectures: cannot be"))
        << other;
  }
  EXPECT_TRUE(names("{}", "config.json: architectures: is missing"));
  json opt = opt_file(*training::find_model("opt-125m"));
  opt["word_embed_proj_dim"] = 512;
  EXPECT_TRUE(names(opt.dump(), "word_embed_proj_dim: cannot be"));
  opt = opt_file(*training::find_model("opt-125m"));
  opt["do_layer_norm_before"] = false;
  EXPECT_TRUE(names(opt.dump(), "do_layer_norm_before: cannot be"));
  json moe = qwen3_file(*training::find_model("qwen3-30b-a3b"));
  moe["mlp_only_layers"] = {0};
  EXPECT_TRUE(names(moe.dump(), "mlp_only_layers: cannot be"));
  json falcon = falcon_file(*training::find_model("falcon-7b"));
  falcon["new_decoder_architecture"] = true;
  EXPECT_TRUE(names(falcon.dump(), "new_decoder_architecture: cannot be"));
  json gemma = gemma2_file(*training::find_model("gemma2-2b"));
  gemma["attn_logit_softcapping"] = nullptr;
  EXPECT_TRUE(names(gemma.dump(), "attn_logit_softcapping: cannot be"));
  EXPECT_TRUE(
      names(changed("\"use_cache\": true", "\"layer_types\": [\"full_attention\", \"linear_attention\"]"),
            "layer_types: cannot be"));
  EXPECT_TRUE(
      names(changed("\"use_cache\": true", "\"num_local_experts\": 8"), "num_local_experts: is not known"));
  EXPECT_TRUE(names(changed("\"use_cache\": true", "\"quantization_config\": {}"),
                    "quantization_config: is not known"));
}

// What passes here passes in a deck: the resolved deck reads back.
TEST(ConfigJson, HasTheRangesOfADeck) {
  struct Range {
    const char* key;
    std::int64_t least, most;
  };
  json file = common("MixtralForCausalLM", *training::find_model("mixtral-8x7b"));
  file["num_local_experts"] = 8;
  file["num_experts_per_tok"] = 2;
  file["head_dim"] = 128;
  for (const Range& r :
       {Range{"hidden_size", 1, 1000000}, Range{"intermediate_size", 1, 16000000},
        Range{"num_attention_heads", 1, 65536}, Range{"num_key_value_heads", 1, 65536},
        Range{"head_dim", 1, 65536}, Range{"num_hidden_layers", 1, 10000}, Range{"vocab_size", 1, 16000000},
        Range{"num_local_experts", 2, 65536}, Range{"num_experts_per_tok", 1, 65536}}) {
    for (const std::int64_t value : {r.least, r.most}) {
      json in = file;
      in[r.key] = value;
      const Deck deck = HubDeck(in.dump()).read();
      EXPECT_EQ(parse_deck(deck.resolved_toml, "deck").resolved_toml, deck.resolved_toml) << r.key;
    }
    for (const json& value : {json(r.least - 1), json(r.most + 1), json(-1), json(std::uint64_t{1} << 63U)}) {
      json out = file;
      out[r.key] = value;
      EXPECT_NE(error_of(out.dump()).find(fmt::format("{}: is out of range", r.key)), std::string::npos)
          << out[r.key];
    }
    for (const char* value : {"1.5", "1e3", "null", "true", "[1]", "18446744073709551616", "1e999"}) {
      json out = file;
      out[r.key] = "HERE";
      const std::string error = error_of(changed("\"HERE\"", value, out.dump()));
      const bool may_be_null = std::string_view(r.key) == "head_dim";
      EXPECT_EQ(error.empty(), may_be_null && std::string_view(value) == "null") << r.key << value << error;
    }
  }
}

TEST(ConfigJson, ThatIsNoFileIsRefused) {
  const DeckFile deck(deck_text);
  const auto error = [&] { return test::error_of_path(deck.path(), deck.folder()); };
  EXPECT_EQ(error(), "hub/config.json: does not exist (no such file) check the path");
  const std::filesystem::path path = deck.folder() / "hub" / "config.json";
  std::filesystem::create_directories(path);
  EXPECT_EQ(error(), "hub/config.json: is a directory (a model's config.json is a file) name a file in it");
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(error(),
            "hub/config.json: is not a regular file (a model's config.json is a text file) copy it into one");
  std::filesystem::remove(path);
  std::ofstream(path) << "{";
  std::filesystem::resize_file(path, 100U << 20U);
  EXPECT_EQ(
      error(),
      "hub/config.json: is too large (104857600 bytes; a model's config.json has at most 1048576) check that it is "
      "a model's config.json");
  const std::string no_name = "[workload]\nkind = \"training\"\n[training]\nmodel = \"hub/a\\nb.json\"\n";
  EXPECT_NE(test::error_of(no_name).find("deck.toml:4:1: training.model: cannot be"), std::string::npos);
}

TEST(ConfigJson, ThatIsNoJsonIsRefused) {
  const auto begins = [](std::string_view file, std::string_view start) {
    EXPECT_TRUE(error_of(file).starts_with(start)) << error_of(file);
  };
  begins("", "hub/config.json:1:1: is not JSON");
  begins("{\n  \"a\": 1,\n  \"b\" 2\n}", "hub/config.json:3:7: is not JSON");
  begins("{\"a\": \"\xff\"}", "hub/config.json:1:8: is not JSON");
  begins("{\"a\": nan}", "hub/config.json:1:8: is not JSON");
  begins("[1, 2]", "hub/config.json: is not a JSON object (it is array)");
  begins("7", "hub/config.json: is not a JSON object (it is number)");
  begins(std::string(1000000, '['), "hub/config.json:1:17: nests too deep");
  std::string deep = "{";
  for (int i = 0; i < 100000; ++i) deep += "\"a\":{";
  begins(deep, "hub/config.json:1:81: nests too deep");
  begins("{\"architectures\": [\"\\u0000\\u001b[31m\"]}", "hub/config.json:1:2: architectures: cannot be");
}

// Bytes changed, cut and doubled at random: one line, or a model.
TEST(ConfigJson, WithAnyDamageIsReadOrRefused) {
  std::mt19937 random(7);
  const HubDeck deck(llama3);
  std::size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string text(llama3);
    for (unsigned damage = random() % 4 + 1; damage > 0; --damage) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 20));
      }
    }
    std::ofstream(deck.path(), std::ios::binary) << text;
    try {
      read_config_json(deck.path());
    } catch (const InputError& error) {
      ++refused;
      EXPECT_TRUE(std::string_view(error.what()).starts_with(deck.path().string())) << error.what();
      EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos);
    }
  }
  EXPECT_GT(refused, 150U);
}

}  // namespace
}  // namespace hecaton::io::config_json_test
