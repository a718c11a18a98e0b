#include "core/engine/base/fields.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/engine/base/field_digest.hpp"

namespace hecaton::fields_test {
namespace {

enum class Shade : std::uint8_t { light, dark };

struct Inner {
  double a = 0;
  int b = 0;
};

struct Sample {
  std::uint32_t id = 0;
  std::uint64_t bytes = 0;
  std::uint64_t peak = 0;
  Shade shade = Shade::light;
  std::int16_t layer = -1;
  std::uint64_t aside = 0;

  static constexpr auto fields() {
    return FieldList(
        field<&Sample::id>("id", "1", "Number"), field<&Sample::bytes>("bytes", "B", "Bytes", Combine::sum),
        field<&Sample::peak>("peak", "B", "Most bytes", Combine::maximum), field<&Sample::shade>("shade"),
        field<&Sample::layer>("layer", "1", "Layer", Combine::none, Digested::joined),
        field<&Sample::aside>("aside", "1", "", Combine::sum, Digested::no));
  }
};
static_assert(lists_every_member<Sample>);
static_assert(field_count<Sample> == 6);
static_assert(field_index<&Sample::id> == 0 && field_index<&Sample::layer> == 4);
static_assert(std::string_view(field_of<&Sample::peak>().name) == "peak");

// Members of other types than numbers are counted too.
struct Mixed {
  std::string text;
  Inner inner;
  std::vector<int> list;
  bool flag = false;
  static constexpr auto fields() {
    return FieldList(field<&Mixed::text>("text"), field<&Mixed::inner>("inner"), field<&Mixed::list>("list"),
                     field<&Mixed::flag>("flag"));
  }
};
static_assert(lists_every_member<Mixed>);

struct Forgetful {
  int listed = 0;
  int forgotten = 0;
  static constexpr auto fields() { return FieldList(field<&Forgetful::listed>("listed")); }
};
static_assert(!lists_every_member<Forgetful>);

struct Repeated {
  int a = 0;
  int b = 0;
  static constexpr auto fields() { return FieldList(field<&Repeated::a>("a"), field<&Repeated::a>("b")); }
};
static_assert(!lists_every_member<Repeated>);

struct Namesakes {
  int a = 0;
  int b = 0;
  static constexpr auto fields() { return FieldList(field<&Namesakes::a>("a"), field<&Namesakes::b>("a")); }
};
static_assert(!lists_every_member<Namesakes>);

struct Overfull {
  std::uint64_t a = 0;
  std::uint8_t b = 0;
  static constexpr auto fields() {
    return FieldList(field<&Overfull::a>("a"),
                     field<&Overfull::b>("b", "1", "", Combine::none, Digested::joined));
  }
};
static_assert(lists_every_member<Overfull> && !field_detail::words_hold_fields<Overfull>());
static_assert(field_detail::words_hold_fields<Sample>());

TEST(Fields, AreVisitedInTheirOrderWithTheirValues) {
  const Sample sample{.id = 3, .bytes = 10};
  std::vector<std::string> names;
  visit_fields(sample, [&](const char* name, const auto&) { names.emplace_back(name); });
  EXPECT_EQ(names, (std::vector<std::string>{"id", "bytes", "peak", "shade", "layer", "aside"}));
}

TEST(Fields, OfAVariableMayBeSet) {
  Mixed mixed;
  visit_fields(mixed, [](std::string_view name, auto& value) {
    if constexpr (std::is_same_v<decltype(value), std::string&>) value = name;
  });
  EXPECT_EQ(mixed.text, "text");
}

TEST(Fields, CombineAsTheirLinesSay) {
  Sample sample{.id = 1, .bytes = 100, .peak = 5};
  combine_fields(sample, {.id = 2, .bytes = 10, .peak = 7, .shade = Shade::dark, .aside = 1}, 3);
  EXPECT_EQ(sample.id, 1U);
  EXPECT_EQ(sample.bytes, 130U);
  EXPECT_EQ(sample.peak, 7U);
  EXPECT_EQ(sample.shade, Shade::light);
  EXPECT_EQ(sample.aside, 3U);
}

TEST(FieldDigest, IsThatOfTheWordsByHand) {
  const Sample sample{.id = 7, .bytes = 8, .peak = 9, .shade = Shade::dark, .layer = -2, .aside = 10};
  Digest digest, by_hand;
  add_fields(digest, sample);
  for (const std::uint64_t word :
       {std::uint64_t{7}, std::uint64_t{8}, std::uint64_t{9}, std::uint64_t{0x1fffe}})
    by_hand.add(word);
  EXPECT_EQ(digest.value(), by_hand.value());
}

}  // namespace
}  // namespace hecaton::fields_test
