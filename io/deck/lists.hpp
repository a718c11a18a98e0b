// Lists that stand in a deck as one text: "0-1, 5-9". Reading refuses what does not have the form; whether
// the dies and links exist, check.cpp asks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/chiplet/graph/config.hpp"
#include "core/training/model/config.hpp"
#include "net/package/config.hpp"

namespace hecaton::io {

// Without the spaces and tabs at its ends.
std::string_view trimmed(std::string_view text);

std::string list_text(const std::vector<std::uint32_t>& dies);
std::string list_text(const std::vector<net::DieLink>& links);
std::string list_text(const std::vector<net::LinkOverride>& overrides);
std::string list_text(const std::vector<training::OperatorConfig>& operators);
std::string list_text(const std::vector<chiplet::graph::Straggler>& stragglers);

// Each returns what is wrong with the text, or nothing; then `list` holds what it says.
std::string read_list(std::string_view text, std::vector<std::uint32_t>& dies);
std::string read_list(std::string_view text, std::vector<net::DieLink>& links);
std::string read_list(std::string_view text, std::vector<net::LinkOverride>& overrides);
std::string read_list(std::string_view text, std::vector<training::OperatorConfig>& operators);
std::string read_list(std::string_view text, std::vector<chiplet::graph::Straggler>& stragglers);

// The same of the path of a file, which is one text as well.
std::string problem_of_path(std::string_view text);

inline constexpr std::string_view die_list_form = "numbers of dies, as in \"5, 9\"; empty: none";
inline constexpr std::string_view link_list_form =
    "pairs of neighbouring dies, as in \"0-1, 5-9\"; empty: none";
inline constexpr std::string_view override_form =
    "items \"WHERE: KEY VALUE, ...\" with ; between them, WHERE being row R, column C, wrap, io or a pair of "
    "dies A-B, KEY bandwidth_GBps or latency_ns, as in \"row 2: latency_ns 4; 0-1: bandwidth_GBps 16\"; "
    "empty: none";
inline constexpr std::string_view straggler_form =
    "items \"DIE: FACTOR\" with ; between them, a factor of 0.001 to 1000, as in \"3: 1.5; 7: 2\"; empty: none";
inline constexpr std::string_view operator_list_form =
    "items \"KIND\" or \"KIND: KEY VALUE, ...\" with ; between them, KIND being attention (KEY heads, "
    "kv_heads, head_dim), feed-forward (ffn, gated 0 or 1) or experts (these and experts, experts_per_token), as in "
    "\"attention; feed-forward: ffn 4096; attention: kv_heads 1; experts\"; empty: attention and a "
    "feed-forward network, or experts";

}  // namespace hecaton::io
