// SPDX-License-Identifier: MIT
// A network card that answers ARP and ping: ping_nic tap,id=hn0,script=no,downscript=no 10.0.0.2
//     c++ -std=c++20 ping_nic.cc -o ping_nic $(pkg-config --cflags --libs qnetdev)
#include <arpa/inet.h>
#include <qnetdev/netdev.h>
#include <qnetdev/options.h>

#include <cstdio>

using namespace std::string_literals;

class PingNic : public qnetdev::NetClientState {
    std::string ip_;
    std::string mac_ = "\x52\x54\0\x12\x34\x56"s;

public:
    explicit PingNic(std::string ip) : NetClientState("nic0", "ping"), ip_(std::move(ip)) {}
    std::string_view driver() const override { return "nic"; }
    qnetdev::Delivery receive(qnetdev::Frame frame) override {
        std::string f;  // no virtio-net header: nobody has called set_vnet_hdr_len()
        for (const iovec& piece : frame) {
            f.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        }
        if (f.size() >= 42 && f.substr(12, 10) == "\x08\x06\0\1\x08\0\6\4\0\1"s &&
            f.substr(38, 4) == ip_) {  // ARP: who has our address?
            f = f.substr(6, 6) + mac_ + f.substr(12, 9) + '\2' + mac_ + ip_ + f.substr(22, 10);
        } else if (f.size() >= 42 && f.substr(12, 3) == "\x08\0\x45"s && f[23] == 1 &&
                   f.substr(30, 4) == ip_ && f[34] == 8) {  // ICMP: an echo request
            f = f.substr(6, 6) + mac_ + f.substr(12, 14) + ip_ + f.substr(26, 4) + '\0' +
                f.substr(35);
            const unsigned sum = (f[36] & 0xFFU) * 256 + (f[37] & 0xFFU) + 0x800;
            f[36] = static_cast<char>((sum + (sum >> 16)) >> 8);
            f[37] = static_cast<char>(sum + (sum >> 16));
        } else {
            return qnetdev::Delivery::done;
        }
        const iovec reply = {f.data(), f.size()};
        (void)send({&reply, 1});  // were the host busy, the frame would be queued
        return qnetdev::Delivery::done;
    }
};

int main(int argc, char** argv) {
    const char* options = argc == 3 ? argv[1] : "";
    const in_addr_t address = inet_addr(argc == 3 ? argv[2] : "10.0.0.2");
    const std::string ip(reinterpret_cast<const char*>(&address), sizeof(address));
    auto loop = qnetdev::poll_event_loop().value();
    auto context = qnetdev::net_context_create(*loop);
    auto netdev = qnetdev::parse_netdev(options);
    auto group = netdev ? qnetdev::net_client_init(*context, netdev->netdev) : netdev.error();
    if (!group) {
        std::fputs(qnetdev::describe(group.error(), options).c_str(), stderr);
        return 1;
    }
    auto nic = qnetdev::net_nic_create("nic0", (*group)->size(),
                                       [&](std::size_t) { return std::make_unique<PingNic>(ip); });
    qnetdev::net_nic_attach(*context, std::move(nic), (*group)->id()).value();
    while (loop->run_once(std::chrono::milliseconds(-1))) {
    }
}
