// SPDX-License-Identifier: MIT
#include "net/cli/run/service.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace qnetdev::cli {
namespace {

/// An abstract socket, which needs no file.
TEST(Service, NotifiesTheManager) {
    const UniqueFd manager(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const std::string name = "@qnetdev-test-" + std::to_string(getpid());
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    address.sun_path[0] = '\0';
    ASSERT_EQ(bind(manager.get(), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0);
    ASSERT_EQ(setenv("NOTIFY_SOCKET", name.c_str(), 1), 0);
    notify_service_manager("READY=1");
    char text[100] = {};
    EXPECT_EQ(recv(manager.get(), text, sizeof text, MSG_DONTWAIT), 7);
    EXPECT_STREQ(text, "READY=1");
    ASSERT_EQ(unsetenv("NOTIFY_SOCKET"), 0);
    notify_service_manager("READY=1");
    EXPECT_EQ(recv(manager.get(), text, sizeof text, MSG_DONTWAIT), -1);
}

TEST(Service, SurvivesANotificationSocketThatIsNone) {
    for (const std::string path : {"", "@", "relative", "/no/such/socket"}) {
        ASSERT_EQ(setenv("NOTIFY_SOCKET", path.c_str(), 1), 0);
        notify_service_manager("READY=1");
    }
    ASSERT_EQ(setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1), 0);
    notify_service_manager("READY=1");
    ASSERT_EQ(unsetenv("NOTIFY_SOCKET"), 0);
}

TEST(Service, TakesNoSocketsThatAreForAnotherProcess) {
    ASSERT_EQ(setenv("LISTEN_FDS", "1", 1), 0);
    ASSERT_EQ(setenv("LISTEN_PID", std::to_string(getppid()).c_str(), 1), 0);
    const auto sockets = passed_sockets();
    ASSERT_TRUE(sockets);
    EXPECT_TRUE(sockets->empty());
    EXPECT_EQ(getenv("LISTEN_FDS"), nullptr) << "no child is to believe it";
    EXPECT_EQ(getenv("LISTEN_PID"), nullptr);
}

TEST(Service, KnowsWhatWasInherited) {
    const UniqueFd inherited(dup(STDIN_FILENO));
    EXPECT_TRUE(check_inherited(inherited.get()));
    const UniqueFd own(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    EXPECT_EQ(check_inherited(own.get()).error().message(),
              "descriptor " + std::to_string(own.get()) + " is used by this program already");
    EXPECT_EQ(check_inherited(1).error().message(), "descriptor 1 is a standard stream");
    EXPECT_EQ(check_inherited(9999).error().message(), "descriptor 9999: Bad file descriptor");
}

TEST(Service, APidFileLivesAsLongAsItsOwner) {
    const std::string path = "/tmp/qnetdev-pid-" + std::to_string(getpid());
    {
        const Result<OwnFile> file = make_pid_file(path);
        ASSERT_TRUE(file);
        char text[32] = {};
        const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
        EXPECT_GT(read(fd.get(), text, sizeof text - 1), 0);
        EXPECT_EQ(text, std::to_string(getpid()) + "\n");
    }
    EXPECT_NE(access(path.c_str(), F_OK), 0);
    EXPECT_FALSE(make_pid_file("/no/such/folder/pid"));
}

}  // namespace
}  // namespace qnetdev::cli
