// A line of the table that people read at the end of a run, as a value: its form is left to io/report.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hecaton::io {

struct ReportLine {
  enum class Form {
    heading,   // of the lines that follow
    text,      // a name, shortened to fit; no number
    quantity,  // a number with an SI prefix and a unit
    count,     // a large number in groups or with a prefix
    figure,    // four digits
    percent
  };
  std::string label;
  Form form = Form::heading;
  std::string text = {};
  double number = 0;
  std::string_view unit = {};
  std::optional<double> share = {};  // of a whole that the table shows too

  static ReportLine named(std::string label, std::string text) {
    return {.label = std::move(label), .form = Form::text, .text = std::move(text)};
  }
  static ReportLine quantity(std::string label, double value, std::string_view unit) {
    return {.label = std::move(label), .form = Form::quantity, .number = value, .unit = unit};
  }
  static ReportLine part(std::string label, double value, double whole, std::string_view unit) {
    ReportLine line = quantity(std::move(label), value, unit);
    line.share = whole > 0 ? value / whole : 0;
    return line;
  }
  static ReportLine of_form(Form form, std::string label, double value) {
    return {.label = std::move(label), .form = form, .number = value};
  }
};
using ReportLines = std::vector<ReportLine>;

}  // namespace hecaton::io
