// The table of a study holds counts that 64 bits do not, beside others of the same column.
#include "io/study/table.hpp"

#include <gtest/gtest.h>

#include "io/files/hdf5_file.hpp"
#include "tests/io/files/scratch_folder.hpp"

namespace hecaton::io::table_test {
namespace {

std::vector<TableColumn> columns_of(Figure last) {
  return {{"training.flops", "", "operations", {Figure{std::uint64_t{12}}, std::nullopt, std::move(last)}}};
}

TEST(StudyTable, HoldsCountsOfAnySize) {
  test::ScratchFolder folder;
  EXPECT_EQ(to_csv(columns_of(std::uint64_t{7})), "training.flops\n12\n\n7\n");
  EXPECT_EQ(to_csv(columns_of(4.1e19)), "training.flops\n12\n\n4.1e+19\n");
  write_study_table(folder / "whole.h5", columns_of(std::uint64_t{7}), "");
  write_study_table(folder / "large.h5", columns_of(4.1e19), "");
  const auto counts = hdf5::read_counts(hdf5::open(folder / "whole.h5"), "points/training.flops", 3);
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{12, 0, 7}));
  EXPECT_THROW(hdf5::read_counts(hdf5::open(folder / "large.h5"), "points/training.flops", 3), hdf5::Error);
}

}  // namespace
}  // namespace hecaton::io::table_test
