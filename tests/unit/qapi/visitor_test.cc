// SPDX-License-Identifier: MIT
#include "qapi/visitor.h"

#include <gtest/gtest.h>

#include "qapi/json_reader.h"
#include "qapi/output_visitor.h"

namespace qnetdev::qapi {

enum class Colour { red, green };
template <>
inline constexpr std::array<std::string_view, 2> enum_names<Colour>{"red", "green"};

struct Leaf {
    std::string str = {};
    bool operator==(const Leaf&) const = default;
};
template <>
inline constexpr auto members<Leaf> = std::tuple{Member{"str", &Leaf::str}};

struct Round {
    static constexpr Colour kTag = Colour::red;
    std::uint32_t radius = {};
    std::optional<Leaf> leaf = {};
    bool operator==(const Round&) const = default;
};
template <>
inline constexpr auto members<Round> =
    std::tuple{Member{"radius", &Round::radius}, Member{"leaf", &Round::leaf}};

struct Plain {
    static constexpr Colour kTag = Colour::green;
    bool operator==(const Plain&) const = default;
};
template <>
inline constexpr auto members<Plain> = std::tuple{};

struct Shape {
    std::variant<Round, Plain> branch = {};
    std::string id = {};
    bool operator==(const Shape&) const = default;
};
template <>
inline constexpr auto members<Shape> =
    std::tuple{Union{"colour", &Shape::branch}, Member{"id", &Shape::id}};

/// All its branches are left out of this build.
struct Nothing {
    OneOf<void> branch = {};
    bool operator==(const Nothing&) const = default;
};
template <>
inline constexpr auto members<Nothing> = std::tuple{Union{"kind", &Nothing::branch}};

static_assert(std::is_same_v<OneOf<void, Round, Plain>, std::variant<Round, Plain>>);

struct TextOrLeaf {
    std::variant<std::string, Leaf, Null, std::int64_t> value = {};
    bool operator==(const TextOrLeaf&) const = default;
};
template <>
inline constexpr auto members<TextOrLeaf> = std::tuple{Alternate{&TextOrLeaf::value}};

struct Sample {
    std::optional<std::int8_t> tiny = {};
    std::optional<std::uint64_t> large = {};
    std::optional<std::uint64_t> size = {};
    std::optional<double> real = {};
    std::optional<bool> flag = {};
    std::optional<std::vector<Leaf>> leaves = {};
    std::optional<Shape> shape = {};
    std::optional<TextOrLeaf> either = {};
    std::optional<Any> any = {};
    std::optional<Colour> colour = {};
    bool operator==(const Sample&) const = default;
};
template <>
inline constexpr auto members<Sample> = std::tuple{
    Member{"tiny", &Sample::tiny},   SizeMember{"size", &Sample::size},
    Member{"large", &Sample::large}, Member{"real", &Sample::real},
    Member{"flag", &Sample::flag},   Member{"leaves", &Sample::leaves},
    Member{"shape", &Sample::shape}, Member{"either", &Sample::either},
    Member{"any", &Sample::any},     Member{"colour", &Sample::colour},
};

struct Recursive {
    std::optional<Box<Recursive>> inner = {};
    bool operator==(const Recursive&) const = default;
};
template <>
inline constexpr auto members<Recursive> = std::tuple{Member{"inner", &Recursive::inner}};

namespace {

qnetdev::Result<Sample> read(std::string_view json) {
    const auto document = parse_json(json);
    return document ? read_as<Sample>(*document) : qnetdev::Result<Sample>(document.error());
}

/// "message [param] (hint)".
std::string fault(std::string_view json) {
    const auto sample = read(json);
    if (sample) {
        return "accepted";
    }
    std::string text = sample.error().message() + " [" + sample.error().param() + "]";
    return sample.error().hint().empty() ? text : text + " (" + sample.error().hint() + ")";
}

TEST(Visitor, ReadsBackWhatItWrites) {
    Sample sample;
    sample.tiny = -128;
    sample.large = UINT64_MAX;
    sample.size = 1U << 30U;
    sample.real = 0.5;
    sample.flag = false;
    sample.leaves = {{"a"}, {"b"}};
    sample.shape = Shape{Round{7, Leaf{"x"}}, "s"};
    sample.either = TextOrLeaf{Leaf{"y"}};
    sample.any = Any{R"({"k":[1,null]})"};
    sample.colour = Colour::green;
    const std::string json = to_json(sample);
    EXPECT_EQ(json, R"({"tiny":-128,"size":1073741824,"large":18446744073709551615,"real":0.5,)"
                    R"("flag":false,"leaves":[{"str":"a"},{"str":"b"}],)"
                    R"("shape":{"colour":"red","id":"s","radius":7,"leaf":{"str":"x"}},)"
                    R"("either":{"str":"y"},"any":{"k":[1,null]},"colour":"green"})");
    const auto back = read(json);
    ASSERT_TRUE(back) << back.error().message();
    EXPECT_EQ(*back, sample);
}

TEST(Visitor, ChecksMembersInTableOrderAndUnknownKeysLast) {
    EXPECT_EQ(fault(R"({"zzz":1,"flag":1,"tiny":"x"})"),
              "'tiny' must be a signed 8-bit number, not the string 'x' [tiny]");
    EXPECT_EQ(fault(R"({"zzz":1,"flag":1})"),
              "'flag' must be true or false, not the number 1 [flag]");
    EXPECT_EQ(fault(R"({"zzz":1})"), "'zzz' is not known here [zzz]");
    EXPECT_EQ(fault(R"({"zzz":1,"yyy":1})"), "'zzz' and 'yyy' are not known here []");
}

TEST(Visitor, ChecksBaseMembersBeforeTheBranch) {
    EXPECT_EQ(fault(R"({"shape":{"colour":"red"}})"), "'shape.id' is missing [shape.id]");
    EXPECT_EQ(fault(R"({"shape":{"colour":"red","id":"x"}})"),
              "'shape.radius' is missing [shape.radius]");
    EXPECT_EQ(fault(R"({"shape":{"id":"x"}})"), "'shape.colour' is missing [shape.colour]");
}

TEST(Visitor, FinishesAnInnerObjectBeforeTheOuterOne) {
    EXPECT_EQ(fault(R"({"flag":true,"shape":{"colour":"green","id":"x","radius":1},"zzz":1})"),
              "'shape.radius' is not an option of green [shape.radius]");
}

TEST(Visitor, NamesElementsOfListsByNumber) {
    EXPECT_EQ(fault(R"({"leaves":[{"str":"a"},{"str":1}]})"),
              "'leaves[1].str' must be a string, not the number 1 [leaves[1].str] "
              "(put it in quotes)");
    EXPECT_EQ(
        fault(R"({"leaves":["a"]})"),
        "'leaves[0]' must be an object, not the string 'a' [leaves[0]] (write {\"str\": \"a\"})");
    EXPECT_EQ(fault(R"({"leaves":{}})"), "'leaves' must be a list, not an object [leaves]");
    EXPECT_EQ(fault(R"({"leaves":[{"str":"a","x":0}]})"),
              "'leaves[0].x' is not known here [leaves[0].x]");
}

TEST(Visitor, ChecksTheWidthOfNumbers) {
    EXPECT_EQ(fault(R"({"tiny":128})"),
              "'tiny' must be a signed 8-bit number, not the number 128 [tiny]");
    EXPECT_EQ(fault(R"({"tiny":1.0})"),
              "'tiny' must be a signed 8-bit number, not the number 1.0 [tiny]");
    EXPECT_EQ(fault(R"({"large":18446744073709551616})"),
              "'large' must be an unsigned 64-bit number, not the number 18446744073709551616 "
              "[large]");
    EXPECT_EQ(fault(R"({"shape":{"colour":"red","id":"x","radius":-1}})"),
              "'shape.radius' must be an unsigned 32-bit number, not the number -1 [shape.radius]");
}

TEST(Visitor, WrapsNegativesOnlyInto64Bits) {
    const auto sample = read(R"({"large":-1,"size":-2})");
    ASSERT_TRUE(sample);
    EXPECT_EQ(sample->large, UINT64_MAX);
    EXPECT_EQ(sample->size, UINT64_MAX - 1);
}

TEST(Visitor, TakesNoSuffixesInJson) {
    EXPECT_EQ(fault(R"({"size":"1.5k"})"),
              "'size' must be a number of bytes, not the string '1.5k' [size] "
              "(JSON has no size suffixes: write 1536 without quotes)");
    EXPECT_EQ(fault(R"({"size":1.5})"),
              "'size' must be a number of bytes, not the number 1.5 [size]");
}

TEST(Visitor, TellsHowToQuote) {
    EXPECT_EQ(
        fault(R"({"flag":"on"})"),
        "'flag' must be true or false, not the string 'on' [flag] (write true without quotes)");
    EXPECT_EQ(fault(R"({"large":"2"})"),
              "'large' must be an unsigned 64-bit number, not the string '2' [large] "
              "(write the number without quotes)");
    EXPECT_EQ(fault(R"({"flag":null})"), "'flag' must be true or false, not null [flag]");
}

TEST(Visitor, ListsTheValuesOfASmallEnum) {
    EXPECT_EQ(fault(R"({"colour":"gren"})"),
              "'colour' must be 'red' or 'green', not the string 'gren' [colour] "
              "(did you mean 'green'?)");
    EXPECT_EQ(fault(R"({"colour":1})"), "'colour' must be a string, not the number 1 [colour]");
}

TEST(Visitor, RefusesEveryTagOfAUnionWithoutBranches) {
    const auto document = parse_json(R"({"kind":"x"})");
    ASSERT_TRUE(document);
    const auto read = read_as<Nothing>(*document);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message(),
              "'kind' must be left out: this build has no value for it, not the string 'x'");
}

TEST(Visitor, ChoosesTheBranchOfAnAlternateByKind) {
    EXPECT_EQ(std::get<std::string>(read(R"({"either":"t"})")->either->value), "t");
    EXPECT_EQ(std::get<Leaf>(read(R"({"either":{"str":"t"}})")->either->value), Leaf{"t"});
    EXPECT_EQ(std::get<std::int64_t>(read(R"({"either":5})")->either->value), 5);
    EXPECT_EQ(fault(R"({"either":{"str":"t","x":1}})"), "'either.x' is not known here [either.x]");
    EXPECT_EQ(fault(R"({"either":[]})"),
              "'either' must be a string, an object, null or a number, not a list [either]");
}

TEST(Visitor, GivesTheSpanOfTheOffendingBytes) {
    const std::string_view text = R"({"shape":{"colour":"blue"}})";
    const auto sample = read(text);
    ASSERT_FALSE(sample);
    ASSERT_TRUE(sample.error().span());
    EXPECT_EQ(text.substr(sample.error().span()->offset, sample.error().span()->length),
              "\"blue\"");
}

TEST(Visitor, SurvivesTheDeepestDocument) {
    std::string text;
    for (int i = 0; i < 1023; ++i) {
        text += R"({"inner":)";
    }
    text += "{}" + std::string(1023, '}');
    const auto document = parse_json(text);
    ASSERT_TRUE(document) << document.error().message();
    EXPECT_TRUE(read_as<Recursive>(*document));
}

TEST(Visitor, ShowsNoControlCharacters) {
    EXPECT_EQ(fault(R"({"\u0001\u001b[0m":1})"), "'\\x01\\x1b[0m' is not known here [\x01\x1b[0m]");
}

}  // namespace
}  // namespace qnetdev::qapi
