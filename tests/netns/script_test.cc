// SPDX-License-Identifier: MIT
/// Up and down scripts of taps opened by name: what they see, when they run, how they fail.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include "net/base/subprocess.h"
#include "tests/netns/support.h"

namespace qnetdev::test {
namespace {

using std::chrono::milliseconds;

std::string see_why(const std::string& script) {
    return "\nhint: to see why, run: " + script + " t0";
}

class TapScripts : public Netns {
protected:
    void SetUp() override {
        Netns::SetUp();
        recorder = helper_program("record");
    }

    /// A shell script in the test's directory.
    std::string shell(const std::string& name, const std::string& commands) {
        return write_program(name, "#!/bin/sh\n" + commands + "\n");
    }
    /// What the recorder notes for a run on interface t0.
    static std::string run_with(int tap_fd, const std::string& environment = "-") {
        return "arguments: t0\nenvironment: " + environment + "\ndescriptors: 0 1 2 " +
               std::to_string(tap_fd) + "=t0\n";
    }
    /// How often the recorder ran.
    int runs() {
        const std::string log = content("record.log");
        int count = 0;
        for (std::size_t at = log.find("arguments:"); at != std::string::npos;
             at = log.find("arguments:", at + 1)) {
            ++count;
        }
        return count;
    }

    std::string recorder;
};

TEST_F(TapScripts, SeeTheInterfaceNameTheTapAndNoOtherDescriptor) {
    const UniqueFd unrelated(open("/dev/null", O_RDONLY));
    setenv("NETNS_TEST", "blue sky", 1);
    const Result<void> result = init({.ifname = "t0", .script = recorder});
    unsetenv("NETNS_TEST");
    ASSERT_EQ(outcome(result), "ok");
    EXPECT_EQ(content("record.log"), run_with(tap_get_fd(client()), "blue sky"));
}

TEST_F(TapScripts, GetTheNameThatATemplateTurnedInto) {
    ASSERT_EQ(outcome(init({.ifname = "my%d", .script = recorder})), "ok");
    EXPECT_EQ(content("record.log").substr(0, 15), "arguments: my0\n");
}

TEST_F(TapScripts, RunOnceWithQueue0OfEight) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .script = recorder, .queues = 8})), "ok");
    EXPECT_EQ(content("record.log"), run_with(tap_get_fd(client(0))));
}

TEST_F(TapScripts, AreWhatTheInfoTextOfQueue0Names) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .script = recorder, .queues = 2})), "ok");
    EXPECT_EQ(net_info(context()),
              (std::vector<std::string>{
                  "n0: index=0,type=tap,ifname=t0,script=" + recorder + ",downscript=no",
                  "n0: index=0,type=tap,ifname=t0,script=no,downscript=no"}));
}

TEST_F(TapScripts, ComeFromTheContextUnlessGiven) {
    settings.default_script = recorder;
    settings.default_downscript = recorder;
    qapi::Netdev netdev;
    netdev.id = "n0";
    netdev.branch = Tap{.ifname = "t0"};
    ASSERT_EQ(outcome(net_client_init(context(), netdev)), "ok");
    EXPECT_EQ(runs(), 1);
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(runs(), 2);
}

TEST_F(TapScripts, AreSwitchedOffByNoAndByNothing) {
    settings.default_script = recorder;
    settings.default_downscript = recorder;
    ASSERT_EQ(outcome(init({.ifname = "t0", .script = "no", .downscript = ""})), "ok");
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(runs(), 0);
}

TEST_F(TapScripts, TheDownScriptRunsOnRemovalWhileTheInterfaceIsThere) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .downscript = recorder, .queues = 8})), "ok");
    const int fd = tap_get_fd(client());
    EXPECT_EQ(runs(), 0);
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(content("record.log"), run_with(fd));
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, TheDownScriptRunsWhenTheContextGoes) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .downscript = recorder})), "ok");
    drop_context();
    EXPECT_EQ(runs(), 1);
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, TheDownScriptRunsOnCleanup) {
    ASSERT_EQ(outcome(init({.ifname = "t0", .downscript = recorder}, "a")), "ok");
    ASSERT_EQ(outcome(init({.ifname = "t1", .downscript = recorder}, "b")), "ok");
    net_cleanup(context(), {.exclusive = true});
    EXPECT_EQ(runs(), 2);
}

TEST_F(TapScripts, TheDownScriptRunsIfALaterQueueFails) {
    const PersistentTun tap("t0", IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
    std::vector<UniqueFd> others;
    for (int i = 0; i < 255; ++i) {
        others.push_back(open_tap("t0", IFF_MULTI_QUEUE));
    }
    EXPECT_EQ(
        outcome(init({.ifname = "t0", .script = recorder, .downscript = recorder, .queues = 2})),
        "queue 1: cannot open tap 't0': TUNSETIFF: Argument list too long\n"
        "hint: the kernel takes 256 queues for one interface");
    drop_context();
    EXPECT_EQ(runs(), 2);
}

TEST_F(TapScripts, TheDownScriptRunsIfDescriptorsRunOut) {
    (void)context();
    {
        // One for queue 0, and then the up script needs three: it ends, and three queues follow.
        const FewDescriptors few(4);
        EXPECT_EQ(outcome(init(
                      {.ifname = "t0", .script = recorder, .downscript = recorder, .queues = 8})),
                  "queue 4: cannot open /dev/net/tun: Too many open files\n"
                  "hint: raise the limit on open files: ulimit -n");
        drop_context();
    }
    EXPECT_EQ(warnings(), std::vector<std::string>());
    EXPECT_EQ(runs(), 2);
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, TheDownScriptRunsIfTheUpScriptDeletesTheInterface) {
    const std::string up = shell("up", "ip link delete \"$1\"");
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up, .downscript = recorder})),
              "cannot turn the offloads off: TUNSETOFFLOAD: File descriptor in bad state");
    drop_context();
    EXPECT_EQ(runs(), 1);
}

TEST_F(TapScripts, TheDownScriptDoesNotRunIfTheUpScriptFailed) {
    const std::string up = shell("up", "exit 1");
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up, .downscript = recorder})),
              "script '" + up + "' for t0 exited with status 1" + see_why(up));
    drop_context();
    EXPECT_EQ(runs(), 0);
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, AFailureOfTheDownScriptIsLogged) {
    const std::string down = shell("down", "echo no bridge >&2; exit 3");
    ASSERT_EQ(outcome(init({.ifname = "t0", .downscript = down})), "ok");
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(warnings(), std::vector<std::string>{"downscript '" + down +
                                                   "' for t0 exited with status 3; it said: no "
                                                   "bridge"});
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, AFailureTellsTheStatusAndWhatWasSaid) {
    const std::string up = shell("up", "echo one; echo two >&2; exit 3");
    const Result<void> result = init({.ifname = "t0", .script = up});
    EXPECT_EQ(outcome(result),
              "script '" + up + "' for t0 exited with status 3; it said: one / two" + see_why(up));
    EXPECT_EQ(result.error().param(), "script");
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, ASignalIsNamed) {
    const std::string up = shell("up", "kill -9 $$");
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up})),
              "script '" + up + "' for t0 was killed by signal 9 (Killed)" + see_why(up));
}

TEST_F(TapScripts, AMissingFileIsExplained) {
    const std::string up = dir() + "/missing";
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up})),
              "script: cannot run '" + up + "': No such file or directory\n" +
                  "hint: switch it off with script=no, or create the file");
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, AFileThatIsNotExecutableIsExplained) {
    const std::string up = write_program("up", "#!/bin/sh\n", 0644);
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up})),
              "script: cannot run '" + up + "': Permission denied\n" +
                  "hint: make it executable: chmod +x");
}

TEST_F(TapScripts, AFileWithoutInterpreterIsExplained) {
    const std::string up = write_program("up", "echo hello\n");
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up})),
              "script: cannot run '" + up + "': Exec format error\n" +
                  "hint: its first line must name an interpreter, such as #!/bin/sh");
}

TEST_F(TapScripts, AnInterpreterThatIsMissingIsExplained) {
    const std::string up = write_program("up", "#!/no/such/shell\n");
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up})),
              "script: cannot run '" + up + "': No such file or directory\n" +
                  "hint: the file is there, but not the interpreter that its first line names");
}

/// A FIFO that tells when the last of those who have it open for writing is dead.
class LifeLine {
public:
    explicit LifeLine(std::string path) : path_(std::move(path)) {
        require(mkfifo(path_.c_str(), 0600) == 0, "mkfifo");
        fd_ = UniqueFd(open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    }
    const std::string& path() const { return path_; }
    /// True if somebody wrote "alive" to it, and nobody holds it any more within some seconds.
    bool is_cut() const {
        std::array<char, 16> buffer{};
        if (read(fd_.get(), buffer.data(), buffer.size()) <= 0) {
            return false;
        }
        pollfd entry = {fd_.get(), 0, 0};
        return poll(&entry, 1, 5000) == 1 && (entry.revents & POLLHUP) != 0;
    }

private:
    std::string path_;
    UniqueFd fd_ = {};
};

TEST_F(TapScripts, OneThatHangsIsKilledWithAllItStarted) {
    const LifeLine line(dir() + "/line");
    settings.script_timeout = milliseconds(1500);  // a busy host needs time to start it
    const std::string up =
        shell("up", "exec 3>" + line.path() + "; echo alive >&3; sleep 1000 & wait");
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up})),
              "script '" + up + "' for t0 did not end within 1500 ms and was killed");
    EXPECT_TRUE(line.is_cut());
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, OneThatFailsIsKilledWithAllItStarted) {
    const LifeLine line(dir() + "/line");
    const std::string up =
        shell("up", "exec 3>" + line.path() + "; echo alive >&3; sleep 1000 & exit 3");
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up})),
              "script '" + up + "' for t0 exited with status 3" + see_why(up));
    EXPECT_TRUE(line.is_cut());
}

TEST_F(TapScripts, ADaemonThatASuccessfulScriptStartedLivesOn) {
    const std::string up =
        shell("up", "(while [ ! -e " + dir() + "/stop ]; do sleep 0.02; done; echo done > " +
                        dir() + "/daemon) >/dev/null 2>&1 &");
    ASSERT_EQ(outcome(init({.ifname = "t0", .script = up})), "ok");
    ASSERT_EQ(outcome(remove()), "ok");
    EXPECT_EQ(content("daemon"), "");
    write_program("stop", "");
    for (int wait = 0; wait < 500 && content("daemon").empty(); ++wait) {
        std::this_thread::sleep_for(milliseconds(10));
    }
    EXPECT_EQ(content("daemon"), "done\n");
}

TEST_F(TapScripts, ADownScriptThatHangsHoldsTheInterfaceForItsTimeOut) {
    settings.script_timeout = milliseconds(400);
    const std::string down = shell("down", "sleep 1000");
    ASSERT_EQ(outcome(init({.ifname = "t0", .downscript = down})), "ok");
    ASSERT_EQ(outcome(net_client_del(context(), "n0")), "ok");  // at once
    EXPECT_TRUE(find("t0").has_value());
    drop_context();
    EXPECT_EQ(warnings(),
              std::vector<std::string>{"downscript '" + down +
                                       "' for t0 did not end within 400 ms and was killed"});
    EXPECT_FALSE(find("t0").has_value());
}

TEST_F(TapScripts, ACancelDescriptorEndsTheWait) {
    std::array<int, 2> ends{};
    require(pipe2(ends.data(), O_CLOEXEC) == 0, "pipe");
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    settings.cancel_fd = read_end.get();
    const std::string up = shell("up", "echo $$ > " + dir() + "/pid; sleep 1000");
    std::thread canceller([&] {
        for (int wait = 0; wait < 1000 && content("pid").empty(); ++wait) {
            std::this_thread::sleep_for(milliseconds(10));
        }
        write_end.reset();
    });
    EXPECT_EQ(outcome(init({.ifname = "t0", .script = up})),
              "script '" + up + "' for t0 was interrupted");
    canceller.join();
    EXPECT_FALSE(find("t0").has_value());
}

/// A process that we start, in a group of its own, with a number that nobody has.
pid_t start_bystander(pid_t number) {
    clone_args arguments = {};
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = reinterpret_cast<std::uint64_t>(&number);
    arguments.set_tid_size = 1;
    const auto bystander = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
    if (bystander == 0) {
        (void)setpgid(0, 0);
        (void)alarm(30);
        while (true) {
            (void)pause();
        }
    }
    return bystander;
}

TEST_F(TapScripts, KillNobodyElseWhoGotTheirNumber) {
    const auto old = std::signal(SIGCHLD, SIG_IGN);
    std::optional<Subprocess> child = *Subprocess::spawn(
        {shell("short", "until [ -e " + dir() + "/go ]; do sleep 0.02; done; echo $$ > " + dir() +
                            "/number")},
        -1, Subprocess::Clock::now() + std::chrono::seconds(10), -1);
    write_program("go", "");
    const auto soon = [](const std::function<bool()>& condition) {
        for (int i = 0; i < 5000 && !condition(); ++i) {
            (void)poll(nullptr, 0, 1);
        }
        return condition();
    };
    ASSERT_TRUE(soon([&] { return content("number").ends_with('\n'); }));
    const auto number = static_cast<pid_t>(std::stoi(content("number")));
    ASSERT_TRUE(soon([number] { return kill(number, 0) != 0 && errno == ESRCH; }));
    std::signal(SIGCHLD, old);
    pid_t bystander = -1;
    ASSERT_TRUE(soon([&] {
        bystander = bystander > 0 ? bystander : start_bystander(number);
        return bystander == number;
    })) << std::strerror(errno);
    child.reset();  // kills what is left of its group
    EXPECT_EQ(waitpid(number, nullptr, WNOHANG), 0) << "a stranger was killed";
    (void)kill(number, SIGKILL);
    (void)waitpid(number, nullptr, 0);
}

}  // namespace
}  // namespace qnetdev::test
