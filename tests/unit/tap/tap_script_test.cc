// SPDX-License-Identifier: MIT
#include "net/tap/tap_script.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <optional>

#include "tests/support/tap_fixture.h"
#include "tests/support/temporary_file.h"

namespace qnetdev {
namespace {

using std::chrono::milliseconds;
using Lines = std::vector<std::string>;

class TapScriptTest : public ::testing::Test {
protected:
    TapScript script(const std::string& text, mode_t mode = 0755) {
        file_.emplace("tap_script_test", text, mode);
        return {.option = "script",
                .path = path_,
                .ifname = "t0",
                .fd = -1,
                .timeout = milliseconds(10000)};
    }
    Result<void> run(const TapScript& script, int cancel_fd = -1) {
        return run_tap_script(script, cancel_fd, log_.log());
    }
    Error refusal(const TapScript& script, int cancel_fd = -1) {
        Result<void> outcome = run(script, cancel_fd);
        EXPECT_FALSE(outcome);
        if (outcome) {
            return Error("was accepted");
        }
        EXPECT_EQ(outcome.error().param(), script.option);
        return std::move(outcome).error();
    }

    std::optional<test::TemporaryFile> file_;
    const std::string path_ = test::TemporaryFile("tap_script_test", "").path();
    test::LogLines log_;
};

TEST_F(TapScriptTest, IsCalledWithTheInterfaceAndNothingElse) {
    ASSERT_TRUE(run(script("#!/bin/sh\necho $#:$1\n")));
    EXPECT_EQ(log_.lines(), Lines{"info: script '" + path_ + "' for t0; it said: 1:t0"});
}

TEST_F(TapScriptTest, IsNotMentionedIfItIsSilent) {
    ASSERT_TRUE(run(script("#!/bin/sh\n")));
    EXPECT_EQ(log_.lines(), Lines{});
}

TEST_F(TapScriptTest, FailsWithItsStatusAndWords) {
    EXPECT_EQ(refusal(script("#!/bin/sh\necho no bridge >&2; exit 3\n")).message(),
              "script '" + path_ + "' for t0 exited with status 3; it said: no bridge");
    EXPECT_EQ(log_.lines(), Lines{});
}

TEST_F(TapScriptTest, FailsWhenItIsKilled) {
    EXPECT_EQ(refusal(script("#!/bin/sh\nkill -KILL $$\n")).message(),
              "script '" + path_ + "' for t0 was killed by signal 9 (Killed)");
}

TEST_F(TapScriptTest, IsKilledAfterItsTime) {
    TapScript slow = script("#!/bin/sh\necho wait; sleep 60\n");
    slow.timeout = milliseconds(100);
    EXPECT_EQ(refusal(slow).message(),
              "script '" + path_ +
                  "' for t0 did not end within 100 ms and was killed; it said: "
                  "wait");
}

TEST_F(TapScriptTest, IsInterrupted) {
    const UniqueFd cancel(eventfd(1, EFD_CLOEXEC));
    EXPECT_EQ(refusal(script("#!/bin/sh\nsleep 60\n"), cancel.get()).message(),
              "script '" + path_ + "' for t0 was interrupted");
}

TEST_F(TapScriptTest, TellsWhatToDoAboutAMissingFile) {
    TapScript missing = script("");
    missing.path = "/nonexistent/ifup";
    missing.option = "downscript";
    const Error error = refusal(missing);
    EXPECT_EQ(error.message(),
              "downscript: cannot run '/nonexistent/ifup': No such file or directory");
    EXPECT_EQ(error.hint(), "switch it off with downscript=no, or create the file");
}

TEST_F(TapScriptTest, TellsWhatToDoAboutAModeThatForbidsIt) {
    const Error error = refusal(script("#!/bin/sh\n", 0644));
    EXPECT_EQ(error.message(), "script: cannot run '" + path_ + "': Permission denied");
    EXPECT_EQ(error.hint(), "make it executable: chmod +x");
}

TEST_F(TapScriptTest, TellsWhatToDoAboutAMissingInterpreter) {
    const Error error = refusal(script("exit 0\n"));
    EXPECT_EQ(error.message(), "script: cannot run '" + path_ + "': Exec format error");
    EXPECT_EQ(error.hint(), "its first line must name an interpreter, such as #!/bin/sh");
}

TEST_F(TapScriptTest, InheritsTheQueueAtItsOwnNumber) {
    const UniqueFd queue(eventfd(0, EFD_CLOEXEC));
    TapScript with_fd =
        script("#!/bin/sh\nreadlink /proc/$$/fd/" + std::to_string(queue.get()) + "\n");
    with_fd.fd = queue.get();
    ASSERT_TRUE(run(with_fd));
    EXPECT_EQ(log_.lines(),
              Lines{"info: script '" + path_ + "' for t0; it said: anon_inode:[eventfd]"});
}

}  // namespace
}  // namespace qnetdev
