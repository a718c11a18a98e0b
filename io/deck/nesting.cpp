#include "io/deck/nesting.hpp"

#include <algorithm>
#include <vector>

namespace hecaton::io {
namespace {

// Reads a text byte by byte. `depth_` is that of the place where it is: 1 for a key of the root.
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t most) : text_(text), most_(most) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte-order mark
  }

  std::optional<TooDeep> run() {
    while (at_ < text_.size()) {
      step();
      if (depth_ > most_) return place();
    }
    return std::nullopt;
  }

 private:
  enum class In : std::uint8_t { line_start, head, key, value };
  struct Bracket {
    std::size_t outside;  // the depth to which its end returns
    bool is_table;        // keys follow its commas
  };

  void step() {
    const char c = text_[at_];
    if (c == '"' || c == '\'') {
      leave_line_start();
      skip_text(c);
      return;
    }
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    ++at_;
    if (c == '\n') {
      if (brackets_.empty()) start_line();
    } else if (in_ == In::line_start) {
      if (c == ' ' || c == '\t' || c == '\r') return;
      if (c == '[') {
        in_ = In::head;
        head_ = 0;
        depth_ = 2;
      } else {
        leave_line_start();
      }
    } else if (in_ == In::head) {
      of_head(c);
    } else {
      of_statement(c);
    }
  }

  void start_line() {
    in_ = In::line_start;
    depth_ = head_;
  }

  void leave_line_start() {
    if (in_ != In::line_start) return;
    in_ = In::key;
    depth_ = head_ + 1;
  }

  void of_head(char c) {
    if (c == '.') depth_ += 2;
    if (c == ']') {
      head_ = depth_;
      in_ = In::value;  // what else stands on the line
    }
  }

  void of_statement(char c) {
    if (in_ == In::key && c == '.') ++depth_;
    if (in_ == In::key && c == '=') in_ = In::value;
    if (in_ == In::value && (c == '[' || c == '{')) {
      brackets_.push_back({depth_, c == '{'});
      ++depth_;
      if (c == '{') in_ = In::key;
    } else if (c == ',' && !brackets_.empty()) {
      depth_ = brackets_.back().outside + 1;
      in_ = brackets_.back().is_table ? In::key : In::value;
    } else if ((c == ']' || c == '}') && !brackets_.empty()) {
      depth_ = brackets_.back().outside;
      brackets_.pop_back();
      in_ = In::value;
    }
  }

  // Texts of several lines begin and end with three quotes, and may end with up to two more that belong to them. Only
  // those in double quotes have escapes.
  void skip_text(char quote) {
    const bool is_long = at_ + 2 < text_.size() && text_[at_ + 1] == quote && text_[at_ + 2] == quote;
    at_ += is_long ? 3 : 1;
    std::size_t quotes = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n' && !is_long) return;
      quotes = c == quote ? quotes + 1 : 0;
      if (c == '\\' && quote == '"') ++at_;
      if (quotes < (is_long ? 3U : 1U)) continue;
      ++at_;
      for (int more = 0; is_long && more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
      return;
    }
  }

  TooDeep place() const {
    const std::string_view before = text_.substr(0, at_ - 1);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(before.size() - start + 1)};
  }

  std::string_view text_;
  std::size_t most_;
  std::size_t at_ = 0;
  In in_ = In::line_start;
  std::size_t head_ = 0;  // levels of the table whose head stood last
  std::size_t depth_ = 0;
  std::vector<Bracket> brackets_;
};

}  // namespace

std::optional<TooDeep> nests_deeper(std::string_view text, std::size_t most) {
  return Scanner(text, most).run();
}

}  // namespace hecaton::io
