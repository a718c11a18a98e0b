#include "io/hub/architectures.hpp"

#include <algorithm>
#include <iterator>

namespace hecaton::io {
namespace {

using training::Family;
using Shapes = training::ModelConfig;

// The ranges are those of the keys of [training.model].
constexpr ShapeKey hidden(std::string_view name) {
  return {name, &Shapes::hidden, 1, 1'000'000, true};
}
constexpr ShapeKey ffn(std::string_view name, bool is_required = true) {
  return {name, &Shapes::ffn, 1, 16'000'000, is_required};
}
constexpr ShapeKey heads(std::string_view name) {
  return {name, &Shapes::heads, 1, 65536, true};
}
constexpr ShapeKey layers(std::string_view name) {
  return {name, &Shapes::layers, 1, 10'000, true};
}
constexpr ShapeKey kv_heads(bool is_required) {
  return {"num_key_value_heads", &Shapes::kv_heads, 1, 65536, is_required};
}
constexpr ShapeKey head_dim(bool is_required) {
  return {"head_dim", &Shapes::head_dim, 1, 65536, is_required};
}
// One expert would be a network that nothing chooses.
constexpr ShapeKey experts(std::string_view name) {
  return {name, &Shapes::experts, 2, 65536, true};
}
constexpr ShapeKey per_token = {"num_experts_per_tok", &Shapes::experts_per_token, 1, 65536, true};
constexpr ShapeKey vocabulary = {"vocab_size", &Shapes::vocabulary, 1, 16'000'000, true};

// Llama and Phi-3 have as many key/value heads as heads if nothing else is said.
constexpr ShapeKey llama[] = {hidden("hidden_size"),
                              ffn("intermediate_size"),
                              heads("num_attention_heads"),
                              layers("num_hidden_layers"),
                              kv_heads(false),
                              head_dim(false),
                              vocabulary};
constexpr ShapeKey mistral[] = {hidden("hidden_size"),
                                ffn("intermediate_size"),
                                heads("num_attention_heads"),
                                layers("num_hidden_layers"),
                                kv_heads(true),
                                head_dim(false),
                                vocabulary};
constexpr ShapeKey mixtral[] = {hidden("hidden_size"),
                                ffn("intermediate_size"),
                                heads("num_attention_heads"),
                                layers("num_hidden_layers"),
                                kv_heads(true),
                                head_dim(false),
                                vocabulary,
                                experts("num_local_experts"),
                                per_token};
constexpr ShapeKey with_head_dim[] = {hidden("hidden_size"),
                                      ffn("intermediate_size"),
                                      heads("num_attention_heads"),
                                      layers("num_hidden_layers"),
                                      kv_heads(true),
                                      head_dim(true),
                                      vocabulary};
constexpr ShapeKey qwen3_moe[] = {hidden("hidden_size"),
                                  ffn("moe_intermediate_size"),
                                  heads("num_attention_heads"),
                                  layers("num_hidden_layers"),
                                  kv_heads(true),
                                  head_dim(true),
                                  vocabulary,
                                  experts("num_experts"),
                                  per_token};
constexpr ShapeKey gpt2[] = {hidden("n_embd"), ffn("n_inner", false), heads("n_head"), layers("n_layer"),
                             vocabulary};
constexpr ShapeKey opt[] = {hidden("hidden_size"), ffn("ffn_dim"), heads("num_attention_heads"),
                            layers("num_hidden_layers"), vocabulary};
constexpr ShapeKey falcon[] = {hidden("hidden_size"), ffn("ffn_hidden_size", false),
                               heads("num_attention_heads"), layers("num_hidden_layers"), vocabulary};

constexpr FixedKey no_biases[] = {
    {"attention_bias", "false"}, {"lm_head_bias", "false"}, {"mlp_bias", "false"}};
constexpr FixedKey no_attention_bias[] = {{"attention_bias", "false"}};
constexpr FixedKey experts_everywhere[] = {
    {"attention_bias", "false"},  {"qkv_bias", "false"},     {"use_qk_norm", "true"},
    {"decoder_sparse_step", "1"}, {"mlp_only_layers", "[]"}, {"shared_expert_intermediate_size", "0"}};
constexpr FixedKey of_opt[] = {{"do_layer_norm_before", "true"},
                               {"enable_bias", "true"},
                               {"layer_norm_elementwise_affine", "true"},
                               {"_remove_final_layer_norm", "false"}};
constexpr FixedKey of_falcon[] = {{"new_decoder_architecture", "false"},
                                  {"multi_query", "true"},
                                  {"parallel_attn", "true"},
                                  {"bias", "false"},
                                  {"num_ln_in_parallel_attn", "null"}};

// Falcon with one key/value head says a number of them that it does not use.
constexpr Architecture table[] = {
    {.name = "LlamaForCausalLM",
     .model_type = "llama",
     .family = Family::llama,
     .shapes = llama,
     .fixed = no_biases},
    {.name = "MistralForCausalLM",
     .model_type = "mistral",
     .family = Family::llama,
     .shapes = mistral,
     .fixed = {}},
    {.name = "MixtralForCausalLM",
     .model_type = "mixtral",
     .family = Family::llama,
     .shapes = mixtral,
     .fixed = {}},
    {.name = "Qwen2ForCausalLM",
     .model_type = "qwen2",
     .family = Family::qwen2,
     .shapes = mistral,
     .fixed = {}},
    {.name = "Qwen3ForCausalLM",
     .model_type = "qwen3",
     .family = Family::qwen3,
     .shapes = with_head_dim,
     .fixed = no_attention_bias},
    {.name = "Qwen3MoeForCausalLM",
     .model_type = "qwen3_moe",
     .family = Family::qwen3,
     .shapes = qwen3_moe,
     .fixed = experts_everywhere,
     .passed = "intermediate_size"},
    {.name = "Gemma2ForCausalLM",
     .model_type = "gemma2",
     .family = Family::gemma2,
     .shapes = with_head_dim,
     .fixed = no_attention_bias,
     .is_tied = true,
     .has_soft_caps = true},
    {.name = "Phi3ForCausalLM",
     .model_type = "phi3",
     .family = Family::llama,
     .shapes = llama,
     .fixed = no_biases},
    {.name = "GPT2LMHeadModel",
     .model_type = "gpt2",
     .family = Family::gpt2,
     .shapes = gpt2,
     .fixed = {},
     .positions = "n_positions",
     .passed = "n_ctx",
     .is_tied = true,
     .is_gated = false},
    {.name = "OPTForCausalLM",
     .model_type = "opt",
     .family = Family::opt,
     .shapes = opt,
     .fixed = of_opt,
     .positions = "max_position_embeddings",
     .is_tied = true,
     .is_gated = false,
     .more_positions = 2},
    {.name = "FalconForCausalLM",
     .model_type = "falcon",
     .family = Family::falcon,
     .shapes = falcon,
     .fixed = of_falcon,
     .passed = "num_kv_heads",
     .is_tied = true,
     .kv_heads = 1,
     .is_gated = false},
};

constexpr FixedKey of_all[] = {{"add_cross_attention", "false"},
                               {"cross_attention_hidden_size", "null"},
                               {"is_encoder_decoder", "false"},
                               {"pruned_heads", "{}"},
                               {"tie_encoder_decoder", "false"}};

constexpr std::string_view no_shapes[] = {
    // what is left out at random, and initialisation
    "activation_dropout", "attention_dropout", "attn_pdrop", "dropout", "embd_pdrop", "hidden_dropout",
    "init_std", "initializer_range", "layerdrop", "resid_pdrop", "summary_first_dropout",
    // activations and norms, which are counted the same whatever they compute
    "activation", "activation_function", "apply_residual_connection_post_layernorm", "hidden_act",
    "hidden_activation", "layer_norm_eps", "layer_norm_epsilon", "norm_topk_prob", "query_pre_attn_scalar",
    "reorder_and_upcast_attn", "rms_norm_eps", "scale_attn_by_inverse_layer_idx", "scale_attn_weights",
    // positions without weights, and windows
    "alibi", "max_position_embeddings", "max_window_layers", "original_max_position_embeddings",
    "partial_rotary_factor", "rope_parameters", "rope_scaling", "rope_theta", "rotary", "rope_interleaved",
    "sliding_window", "sliding_window_size", "full_attn_mod", "interpolate_factor", "use_mrope",
    "use_sliding_window",
    // how experts are chosen and balanced
    "output_router_logits", "router_aux_loss_coef", "router_jitter_noise",
    // tokens, types, and what wrote the file
    "_attn_implementation", "_attn_implementation_autoset", "_name_or_path", "is_llama_config", "n_special",
    "predict_special_tokens", "transformers.js_config", "unsloth_version", "auto_map", "bos_token_id",
    "decoder_start_token_id", "dtype", "eos_token_id", "gradient_checkpointing", "is_decoder", "name_or_path",
    "pad_token_id", "prefix", "pretraining_tp", "sep_token_id", "tokenizer_class", "torch_dtype",
    "transformers_version", "unk_token_id", "use_bfloat16",
    // how text is generated, and other heads than the output
    "bad_words_ids", "cache_implementation", "chunk_size_feed_forward", "diversity_penalty", "do_sample",
    "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "finetuning_task",
    "forced_bos_token_id", "forced_eos_token_id", "id2label", "label2id", "length_penalty", "max_length",
    "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences",
    "output_attentions", "output_hidden_states", "output_past", "output_scores", "problem_type",
    "remove_invalid_values", "repetition_penalty", "return_dict", "return_dict_in_generate",
    "summary_activation", "summary_proj_to_labels", "summary_type", "summary_use_proj", "suppress_tokens",
    "task_specific_params", "temperature", "tf_legacy_loss", "top_k", "top_p", "torchscript", "typical_p",
    "use_cache"};

}  // namespace

std::span<const Architecture> architectures() {
  return table;
}

bool changes_no_shape(std::string_view key) {
  return std::find(std::begin(no_shapes), std::end(no_shapes), key) != std::end(no_shapes);
}

std::span<const FixedKey> fixed_keys() {
  return of_all;
}

}  // namespace hecaton::io
