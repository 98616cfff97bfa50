// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/netdev.h"
#include "net/tap.h"
#include "tests/netns/links.h"
#include "tests/support/test_loop.h"

namespace qnetdev::test {

/// Ends the test as failed, with errno's text, by an exception: a test's own preparation must not
/// fail. In a thread of a test's own that is the end of the program.
void require(bool done, const std::string& what);

using Tap = qapi::NetdevTapOptions;

/// How a call ended, for one EXPECT_EQ: "ok", or the message, and the hint on a line of its own.
std::string outcome(const Result<void>& result);

/// A test in a new network namespace with nothing but what a new namespace has, lo up.
///
/// At its end the context is destroyed, and the interfaces must be those of the beginning again;
/// descriptors and child processes are watched by the LeakListener of tests/support.
class Netns : public ::testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    /// What context() is made with; to be changed before its first use.
    NetContextOptions settings;

    NetContext& context();
    TestLoop& loop() { return loop_; }
    /// Destroys the context, with all netdevs in it.
    void drop_context() { context_.reset(); }

    /// Brings a tap netdev up. Scripts are off unless given.
    Result<void> init(Tap tap, const std::string& id = "n0", const NetInitOptions& options = {});
    Result<void> init_bridge(qapi::NetdevBridgeOptions bridge, const std::string& id = "n0");
    /// Removes a netdev and waits until its interface is gone too.
    Result<void> remove(const std::string& id = "n0");
    /// Queue of a netdev that must exist.
    NetClientState& client(std::size_t queue = 0, const std::string& id = "n0");
    TapState state(std::size_t queue = 0, const std::string& id = "n0");

    /// What the library logged as a warning, oldest first.
    std::vector<std::string> warnings();

    /// A directory for this test's files; removed at its end.
    const std::string& dir();
    /// Writes an executable file into dir(); returns its path.
    std::string write_program(const std::string& name, const std::string& text,
                              unsigned mode = 0755);
    /// A program that dir() knows under that name and that acts as described in test_helper.cc.
    std::string helper_program(const std::string& name);
    /// Content of a file in dir(); empty if there is none.
    std::string content(const std::string& name);

private:
    TestLoop loop_;
    std::unique_ptr<NetContext> context_;
    std::mutex log_mutex_;
    std::vector<std::string> warnings_;
    std::string dir_;
    std::map<std::string, Link> links_before_;
};

/// Runs `body` in a forked child, and returns what it returns; "died" or "hung" if it cannot.
std::string in_child(const std::function<std::string()>& body);

/// Lowers the limit on open files to so many more than are open now, until this object goes.
class FewDescriptors {
public:
    explicit FewDescriptors(unsigned spare);
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;
    ~FewDescriptors();

private:
    unsigned long saved_;
};

/// Whether the descriptor is open in this process.
bool is_open(int fd);
bool is_nonblocking(int fd);
bool is_close_on_exec(int fd);

}  // namespace qnetdev::test
