// SPDX-License-Identifier: MIT
#include "net/result.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>

#include "net/unique_fd.h"

namespace qnetdev {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) {
        return Error("odd");
    }
    return number / 2;
}

Result<int> quarter(int number) {
    const int once = NET_TRY(half(number));
    return half(once);
}

Result<void> check_even(int number, int& reached) {
    (void)NET_TRY(half(number));
    ++reached;
    return {};
}

Result<void> pass_on(int number, int& reached) {
    NET_TRY(check_even(number, reached));
    ++reached;
    return {};
}

TEST(Result, HoldsAValue) {
    Result<std::string> result = std::string("text");
    ASSERT_TRUE(result);
    EXPECT_TRUE(result.has_value());
    EXPECT_EQ(*result, "text");
    EXPECT_EQ(result->size(), 4U);
}

TEST(Result, HoldsAnError) {
    const Result<std::string> result = Error("why");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message(), "why");
}

TEST(Result, MovesAMoveOnlyValueOut) {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> owner = *std::move(result);
    EXPECT_EQ(*owner, 7);
}

TEST(Result, OfVoidIsSuccessByDefault) {
    EXPECT_TRUE(Result<void>());
    EXPECT_FALSE(Result<void>(Error("no")));
}

TEST(Result, HandsItsValueOut) {
    Result<std::string> result = std::string("text");
    result.value() += "s";
    EXPECT_EQ(std::as_const(result).value(), "texts");
    const std::string taken = std::move(result).value();
    EXPECT_EQ(taken, "texts");
    Result<void>().value();
}

TEST(ResultDeathTest, TellsTheErrorOfAValueThatIsNotThere) {
    Result<std::string> failed = Error("'queues' must be at least 1, but is 0");
    const std::string message =
        "^qnetdev: unchecked error: 'queues' must be at least 1, but is 0\n$";
    EXPECT_DEATH((void)failed.value(), message);
    EXPECT_DEATH((void)*failed, message);
    EXPECT_DEATH((void)failed->size(), message);
    EXPECT_DEATH((void)*std::move(failed), message);
    EXPECT_DEATH(Result<void>(Error("no")).value(), "^qnetdev: unchecked error: no\n$");
    EXPECT_DEATH((void)Result<int>(7).error(),
                 "^qnetdev: error\\(\\) of a Result that has a value\n$");
}

TEST(Result, OfVoidTellsWhetherAnotherSucceeded) {
    EXPECT_TRUE(Result<void>(half(4)));
    const Result<void> failed = half(3);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message(), "odd");
}

TEST(NetTry, UnwrapsAValue) {
    Result<int> result = quarter(8);
    ASSERT_TRUE(result);
    EXPECT_EQ(*result, 2);
}

TEST(NetTry, ReturnsTheFirstError) {
    EXPECT_EQ(quarter(3).error().message(), "odd");
    EXPECT_EQ(quarter(6).error().message(), "odd");
}

TEST(NetTry, StopsAVoidFunction) {
    int reached = 0;
    EXPECT_FALSE(pass_on(1, reached));
    EXPECT_EQ(reached, 0);
    EXPECT_TRUE(pass_on(2, reached));
    EXPECT_EQ(reached, 2);
}

TEST(NetTry, ClosesWhatWasOpenedBefore) {
    int number = -1;
    const auto open_then_fail = [&number]() -> Result<UniqueFd> {
        UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
        number = fd.get();
        (void)NET_TRY(half(1));
        return fd;
    };
    EXPECT_FALSE(open_then_fail());
    EXPECT_LT(fcntl(number, F_GETFD), 0);
}

}  // namespace
}  // namespace qnetdev
