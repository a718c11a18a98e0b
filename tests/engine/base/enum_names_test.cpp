#include "core/engine/base/enum_names.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>

namespace hecaton::enum_names_test {
namespace {

enum class Shape : std::uint8_t { flat, round, almost_round };
constexpr auto enum_names(std::type_identity<Shape>) {
  using enum Shape;
  return named<Shape>({{flat, "flat"}, {round, "round"}, {almost_round, "almost-round"}});
}
enum class Nameless : std::uint8_t { a };

static_assert(HasNames<Shape> && !HasNames<Nameless>);
static_assert(names_of<Shape>().size() == 3 && values_of<Shape>()[1] == Shape::round);
// What a missing name is told by.
static_assert(enum_detail::is_enumerator<Shape::almost_round>());
static_assert(enum_detail::is_enumerator<static_cast<Shape>(2)>());
static_assert(!enum_detail::is_enumerator<static_cast<Shape>(3)>());

TEST(EnumNames, LeadThereAndBack) {
  for (const Shape shape : values_of<Shape>()) EXPECT_EQ(value_named<Shape>(name_of(shape)), shape);
  EXPECT_EQ(name_of(Shape::almost_round), "almost-round");
  EXPECT_EQ(value_named<Shape>("almost_round"), std::nullopt);
}

TEST(EnumNames, OfANumberThatIsNoValueThereIsNone) {
  EXPECT_THROW(name_of(static_cast<Shape>(3)), std::out_of_range);
}

}  // namespace
}  // namespace hecaton::enum_names_test
