// SPDX-License-Identifier: MIT
#include "net/monitor/fds/fd_sets.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "net/base/limits.h"
#include "net/fd_store.h"

namespace qnetdev {
namespace {

UniqueFd null(int flags = O_RDWR) {
    return UniqueFd(open("/dev/null", flags | O_CLOEXEC));
}

TEST(FdSets, ANewSetGetsTheLowestFreeNumber) {
    FdSets sets;
    EXPECT_EQ(sets.add(1, {}, null())->set, 1);
    EXPECT_EQ(sets.add({}, {}, null())->set, 0);
    EXPECT_EQ(sets.add({}, {}, null())->set, 2);
    ASSERT_TRUE(sets.remove(0, {}));
    EXPECT_EQ(sets.add({}, {}, null())->set, 0);
    EXPECT_EQ(sets.add(INT64_MAX, {}, null())->set, INT64_MAX);
    EXPECT_FALSE(sets.add(-1, {}, null()));
}

TEST(FdSets, RemovesOneOrAll) {
    FdSets sets;
    const int first = sets.add(5, "text", null())->fd;
    const int second = sets.add(5, {}, null())->fd;
    EXPECT_EQ(sets.sets().at(5).front().opaque, "text");
    ASSERT_TRUE(sets.remove(5, first));
    EXPECT_EQ(fcntl(first, F_GETFD), -1);
    EXPECT_EQ(sets.remove(5, first).error().message(),
              "set 5 has no descriptor " + std::to_string(first));
    ASSERT_TRUE(sets.remove(5, second));
    EXPECT_TRUE(sets.sets().empty());
    EXPECT_EQ(sets.remove(5, {}).error().message(), "there is no descriptor set 5");
}

TEST(FdSets, OpensTheMemberOfThatAccessMode) {
    FdSets sets;
    (void)sets.add(5, {}, null(O_RDONLY));
    (void)sets.add(5, {}, null(O_WRONLY));
    for (const int mode : {O_RDONLY, O_WRONLY}) {
        const Result<UniqueFd> fd = sets.open("/dev/fdset/5", mode | O_CLOEXEC);
        ASSERT_TRUE(fd);
        EXPECT_EQ(fcntl(fd->get(), F_GETFL) & O_ACCMODE, mode);
        EXPECT_NE(fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
    }
    EXPECT_EQ(sets.open("/dev/fdset/5", O_RDWR).error().errnum(), EACCES);
    for (const char* path : {"/dev/fdset/6", "/dev/fdset/", "/dev/fdset/5x", "/dev/fdset/-5",
                             "/dev/fdset/99999999999999999999", "/dev/null", ""}) {
        EXPECT_EQ(sets.open(path, O_RDONLY).error().errnum(), ENOENT) << path;
    }
}

TEST(FdSets, HoldsOnlySoMany) {
    // Where a process may not open so many, null() gives members without a descriptor; they count.
    FdSets sets;
    for (std::size_t held = 0; held < limits::kHeldFds; ++held) {
        ASSERT_TRUE(sets.add(held % 2 == 0 ? 7 : 8, {}, null())) << held;
    }
    for (const int set : {7, 8, 9}) {
        const Result<FdSets::Place> added = sets.add(set, {}, null());
        ASSERT_FALSE(added) << "all sets share the limit";
        EXPECT_EQ(added.error().message(),
                  "the descriptor sets are full: they hold 4096 descriptors");
    }
    EXPECT_FALSE(sets.sets().contains(9)) << "a refused descriptor makes no set";
    const int one = sets.sets().at(8).front().fd.get();
    ASSERT_TRUE(sets.remove(8, one));
    EXPECT_TRUE(sets.add(9, {}, null())) << "there is room for one again";
    EXPECT_FALSE(sets.add(9, {}, null()));
    ASSERT_TRUE(sets.remove(7, {}));
    EXPECT_TRUE(sets.add(7, {}, null())) << "there is room again";
}

TEST(NamedFds, HoldsOnlySoMany) {
    // As above: names without a descriptor count.
    NamedFds fds;
    for (std::size_t held = 0; held < limits::kHeldFds; ++held) {
        ASSERT_TRUE(fds.add("fd" + std::to_string(held), null())) << held;
    }
    const Result<void> added = fds.add("more", null());
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().message(), "the monitor holds 4096 named descriptors already");
    EXPECT_EQ(added.error().hint(), "closefd makes room");
    ASSERT_TRUE(fds.close("fd0"));
    EXPECT_TRUE(fds.add("more", null()));
}

class NamedFdsDispose : public ::testing::Test {
protected:
    std::vector<UniqueFd> disposed_;
    NamedFds::Dispose dispose() {
        return [this](UniqueFd fd) { disposed_.push_back(std::move(fd)); };
    }
};

TEST_F(NamedFdsDispose, GetsEverythingThatNobodyUses) {
    {
        NamedFds fds(dispose());
        ASSERT_TRUE(fds.add("a", null()));
        ASSERT_TRUE(fds.add("b", null()));
        ASSERT_TRUE(fds.add("c", null()));
        EXPECT_TRUE(disposed_.empty());
        ASSERT_TRUE(fds.add("a", null()));
        EXPECT_EQ(disposed_.size(), 1U) << "replaced";
        ASSERT_TRUE(fds.close("b"));
        EXPECT_EQ(disposed_.size(), 2U) << "closed";
        EXPECT_TRUE(fds.take("a"));
        EXPECT_EQ(disposed_.size(), 2U) << "taken";
    }
    EXPECT_EQ(disposed_.size(), 3U) << "left over";
}

TEST_F(NamedFdsDispose, GetsAllOfThemAtOnce) {
    NamedFds fds(dispose());
    ASSERT_TRUE(fds.add("", null()));
    ASSERT_TRUE(fds.add("b", null()));
    fds.close_all();
    EXPECT_EQ(disposed_.size(), 2U);
    EXPECT_FALSE(fds.contains("b"));
    EXPECT_TRUE(fds.add("b", null()));
}

TEST_F(NamedFdsDispose, GetsThatOfARefusedNameToo) {
    NamedFds fds(dispose());
    EXPECT_FALSE(fds.add("1a", null()));
    EXPECT_EQ(disposed_.size(), 1U) << "it may take as long to close as any other";
}

}  // namespace
}  // namespace qnetdev
