// SPDX-License-Identifier: MIT
#include "net/cli/exec/fd_templates.h"

#include <gtest/gtest.h>

namespace qnetdev::cli {
namespace {

/// hn0 has two queues with vhost, n.1 has one queue.
Result<std::string> expand(std::string_view word) {
    static const TapNumbers pair{{3, 4}, {6, 7}};
    static const TapNumbers one{{5}, {}};
    static const TemplateTap hn0{"hn0", pair};
    static const TemplateTap dotted{"n.1", one};
    return expand_templates(word, [](std::string_view id) -> const TemplateTap* {
        return id == "hn0" ? &hn0 : (id == "n.1" ? &dotted : nullptr);
    });
}

std::string expanded(std::string_view word) {
    const Result<std::string> result = expand(word);
    return result ? *result : "error: " + result.error().message();
}

std::string error(std::string_view word) {
    const Result<std::string> result = expand(word);
    return result ? "no error" : result.error().message() + "; " + result.error().hint();
}

TEST(FdTemplates, RenderEveryForm) {
    EXPECT_EQ(expanded("%{n.1.fd}"), "5");
    EXPECT_EQ(expanded("%{hn0.fd0}-%{hn0.fd1}"), "3-4");
    EXPECT_EQ(expanded("%{hn0.fds}"), "3:4");
    EXPECT_EQ(expanded("%{hn0.fd-list}"), "3,4");
    EXPECT_EQ(expanded("%{hn0.vhostfds}"), "6:7");
    EXPECT_EQ(expanded("%{hn0.vhostfd-list}"), "6,7");
    EXPECT_EQ(expanded("%{n.1.vhostfds}"), "");
    EXPECT_EQ(expanded("%{hn0.queues}"), "2");
}

TEST(FdTemplates, RenderWhatProgramsTake) {
    EXPECT_EQ(expanded("%{hn0.qemu}"), "tap,id=hn0,fds=3:4,vhostfds=6:7");
    EXPECT_EQ(expanded("%{n.1.qemu}"), "tap,id=n.1,fd=5");
    EXPECT_EQ(expanded("%{hn0.device}"), "virtio-net-pci,netdev=hn0,mq=on,vectors=6");
    EXPECT_EQ(expanded("%{hn0.cloud-hypervisor},mac=12:34:56:78:90:ab"),
              "fd=[3,4],num_queues=4,mac=12:34:56:78:90:ab");
    EXPECT_EQ(expanded("%{n.1.crosvm},mac=12:34:56:78:90:ab"), "tap-fd=5,mac=12:34:56:78:90:ab");
}

TEST(FdTemplates, LeaveOtherTextAlone) {
    for (const char* word : {"", "%", "{}", "%%", "a%b", "%s", "${x}", "}%"}) {
        EXPECT_EQ(expanded(word), word);
    }
    EXPECT_EQ(expanded("%%{hn0.fds}"), "%{hn0.fds}");
    EXPECT_EQ(expanded("%%{a}%{hn0.fd0}%"), "%{a}3%");
}

TEST(FdTemplates, SayWhatIsWrong) {
    EXPECT_EQ(error("%{hn0.crsvm}"),
              "'%{hn0.crsvm}' is no form of a netdev; did you mean 'crosvm'?");
    EXPECT_EQ(error("%{hn1.fds}"),
              "'%{hn1.fds}': no -netdev before '--' has the id 'hn1'; write %%{ for a literal %{");
    EXPECT_EQ(error("%{hn0}"), "'%{hn0}' should be %{ID.FORM}; write %%{ for a literal %{");
    EXPECT_EQ(error("%{hn0.fds"), "'%{hn0.fds' lacks its '}'; write %%{ for a literal %{");
    EXPECT_EQ(error("%{hn0.fd2}"), "'%{hn0.fd2}': 'hn0' has no queue 2, they count from 0 to 1; ");
    EXPECT_EQ(error("%{hn0.fd}"),
              "'%{hn0.fd}' stands for one descriptor, but 'hn0' has 2; "
              "use fds, fd-list, or fd0 for the first");
    EXPECT_EQ(error("%{hn0.crosvm}"),
              "'%{hn0.crosvm}' stands for one descriptor, but 'hn0' has 2; "
              "crosvm takes one descriptor for a NIC: drop 'queues'");
}

}  // namespace
}  // namespace qnetdev::cli
