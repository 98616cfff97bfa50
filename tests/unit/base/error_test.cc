// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cerrno>

#include "net/result.h"

namespace qnetdev {
namespace {

TEST(Error, IsAGenericErrorOfTheHostUnlessToldOtherwise) {
    const Error error("no luck");
    EXPECT_EQ(error.message(), "no luck");
    EXPECT_EQ(error.error_class(), ErrorClass::generic_error);
    EXPECT_EQ(error.stage(), Stage::host);
    EXPECT_EQ(error.errnum(), 0);
    EXPECT_EQ(error.param(), "");
    EXPECT_EQ(error.hint(), "");
    EXPECT_EQ(error.span(), std::nullopt);
}

TEST(Error, TellsTheErrnoInEnglish) {
    const Error error = Error::from_errno(ENOENT, "open /x");
    EXPECT_EQ(error.message(), "open /x: No such file or directory");
    EXPECT_EQ(error.errnum(), ENOENT);
    EXPECT_EQ(error.stage(), Stage::host);
}

TEST(Error, TellsTheNumberOfAnUnknownErrno) {
    EXPECT_EQ(Error::from_errno(4711, "ioctl").message(), "ioctl: error 4711");
}

TEST(Error, IsRefinedByItsWithCalls) {
    const Error error = Error("is bad")
                            .with_stage(Stage::parse)
                            .with_param("queues")
                            .with_hint("try another")
                            .with_span({4, 2})
                            .with_prefix("'queues'");
    EXPECT_EQ(error.message(), "'queues': is bad");
    EXPECT_EQ(error.stage(), Stage::parse);
    EXPECT_EQ(error.param(), "queues");
    EXPECT_EQ(error.hint(), "try another");
    EXPECT_EQ(error.span(), (TextSpan{4, 2}));
}

TEST(Error, StacksPrefixesWithTheLastInFront) {
    EXPECT_EQ(Error("c").with_prefix("b").with_prefix("a").message(), "a: b: c");
}

TEST(Error, KeepsTheErrnoBehindAPrefix) {
    EXPECT_EQ(Error::from_errno(EBUSY, "x").with_prefix("y").errnum(), EBUSY);
}

TEST(ErrorClassName, IsTheWireSpelling) {
    EXPECT_EQ(error_class_name(ErrorClass::generic_error), "GenericError");
    EXPECT_EQ(error_class_name(ErrorClass::command_not_found), "CommandNotFound");
    EXPECT_EQ(error_class_name(ErrorClass::device_not_found), "DeviceNotFound");
}

TEST(StageName, IsLowerCase) {
    EXPECT_EQ(stage_name(Stage::parse), "parse");
    EXPECT_EQ(stage_name(Stage::validate), "validate");
    EXPECT_EQ(stage_name(Stage::host), "host");
}

}  // namespace
}  // namespace qnetdev
