// What is read back from the CSV of a study is what was written, and nothing else is taken for one.
#include "io/study/table_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "io/files/input_error.hpp"
#include "io/study/table.hpp"

namespace hecaton::io::table_text_test {
namespace {

std::string refusal(const std::string& csv) {
  try {
    table_text(csv, "some.csv");
  } catch (const InputError& error) {
    return error.what();
  }
  ADD_FAILURE() << "a table: " << csv;
  return {};
}

TEST(TableText, ReadsWhatIsWritten) {
  const std::vector<TableColumn> columns{
      {"point",
       "",
       "",
       {Figure{std::string("a1")}, Figure{std::string("b,\"2\"\nb")}, Figure{std::string()}}},
      {"package.rows", "", "", {Figure{std::int64_t{4}}, std::nullopt, Figure{std::int64_t{-8}}}},
      {"traffic.latency", "", "", {Figure{0.1}, Figure{12.0}, std::nullopt}}};
  const TableText table = table_text(to_csv(columns), "some.csv");
  EXPECT_EQ(table.names, (std::vector<std::string>{"point", "package.rows", "traffic.latency"}));
  EXPECT_EQ(table.rows, (std::vector<std::vector<std::string>>{
                            {"a1", "4", "0.1"}, {"b,\"2\"\nb", "", "12"}, {"", "-8", ""}}));
  EXPECT_EQ(table_text("point,x\r\n1,2\r\n", "some.csv").rows,
            (std::vector<std::vector<std::string>>{{"1", "2"}}));
  EXPECT_EQ(table_text("point,x\n\"\",\"\"\"\"", "some.csv").rows,
            (std::vector<std::vector<std::string>>{{"", "\""}}));
}

TEST(TableText, RefusesWhatIsNoTableInOneLineWithItsPlace) {
  EXPECT_NE(refusal("").find("it is empty"), std::string::npos);
  EXPECT_NE(refusal("name,x\n1,2\n").find("some.csv:1:1: is not the table of a study"), std::string::npos);
  EXPECT_NE(refusal("point,x\n1,2\n1,2,3\n").find("some.csv:3:1: has 3 cells (the table has 2 columns)"),
            std::string::npos)
      << refusal("point,x\n1,2\n1,2,3\n");
  EXPECT_NE(refusal("point,x\n1,\"2\n").find("a quote is not closed"), std::string::npos);
  EXPECT_NE(refusal("point,x\n1,\"2\"3\n").find("goes on after its quote"), std::string::npos);
}

}  // namespace
}  // namespace hecaton::io::table_text_test
