// SPDX-License-Identifier: MIT
#include "net/tap/tracing_tun_kernel.h"

#include "net/netlink/route_trace.h"

namespace qnetdev {
namespace {

constexpr TraceFlag kInterfaceFlags[] = {
    {tun_flags::kTun, "IFF_TUN"},
    {tun_flags::kTap, "IFF_TAP"},
    {tun_flags::kNoPacketInfo, "IFF_NO_PI"},
    {tun_flags::kOneQueue, "IFF_ONE_QUEUE"},
    {tun_flags::kVnetHdr, "IFF_VNET_HDR"},
    {tun_flags::kMultiQueue, "IFF_MULTI_QUEUE"},
    {tun_flags::kPersist, "IFF_PERSIST"},
    {tun_flags::kNapi, "IFF_NAPI"},
    {tun_flags::kNapiFrags, "IFF_NAPI_FRAGS"},
    {tun_flags::kNoCarrier, "IFF_NO_CARRIER"},
    {tun_flags::kDetachedQueue, "IFF_DETACH_QUEUE"},
    {tun_flags::kExclusive, "IFF_TUN_EXCL"},
};

struct NamedOffload {
    bool Offloads::*is_on;
    std::string_view name;
};
constexpr NamedOffload kOffloads[] = {
    {&Offloads::csum, "TUN_F_CSUM"},
    {&Offloads::tso4, "TUN_F_TSO4"},
    {&Offloads::tso6, "TUN_F_TSO6"},
    {&Offloads::ecn, "TUN_F_TSO_ECN"},
    {&Offloads::ufo, "TUN_F_UFO"},
    {&Offloads::uso4, "TUN_F_USO4"},
    {&Offloads::uso6, "TUN_F_USO6"},
    {&Offloads::tunnel, "TUN_F_UDP_TUNNEL_GSO"},
    {&Offloads::tunnel_csum, "TUN_F_UDP_TUNNEL_GSO_CSUM"},
};

constexpr const char* kOpenFlags = ", O_RDWR|O_NONBLOCK|O_CLOEXEC";

/// What reset_shared() asks for; in the order of TunShared.
struct SharedRequest {
    std::string_view name;
    const char* value;
};
constexpr std::array<SharedRequest, kAllTunShared.size()> kSharedRequests{{
    {"TUNSETSTEERINGEBPF", "-1"},
    {"TUNSETFILTEREBPF", "-1"},
    {"TUNDETACHFILTER", ""},
    {"TUNSETTXFILTER", "none"},
    {"TUNSETCARRIER", "1"},
    {"TUNSETSNDBUF", "2147483647"},
    {"TUNSETVNETLE", "0"},
    {"TUNSETVNETBE", "0"},
}};

std::string interface_flags(unsigned flags) {
    return trace_flags(flags, kInterfaceFlags);
}

std::string offload_names(const Offloads& offloads) {
    std::string text;
    for (const auto& [is_on, name] : kOffloads) {
        if (offloads.*is_on) {
            text.append(text.empty() ? "" : "|").append(name);
        }
    }
    return text.empty() ? "0" : text;
}

std::string on_off(bool on) {
    return on ? "1" : "0";
}

}  // namespace

Result<UniqueFd> TracingTunKernel::open_tun() {
    const std::string path = "/dev/net/tun";
    return tracer_.run(
        "open", path + kOpenFlags, [&] { return inner_.open_tun(); }, ShowResult());
}

Result<UniqueFd> TracingTunKernel::open_macvtap(unsigned interface_index) {
    const std::string path = "/dev/tap" + std::to_string(interface_index);
    return tracer_.run(
        "open", path + kOpenFlags, [&] { return inner_.open_macvtap(interface_index); },
        ShowResult());
}

/// On a socket of its own, which is gone by then.
Result<unsigned> TracingTunKernel::interface_index(const std::string& name) {
    return tracer_.run(
        "ioctl", "SIOCGIFINDEX, " + trace_word(name), [&] { return inner_.interface_index(name); },
        [](const Result<unsigned>& index) {
            return index && *index == 0 ? "-1 ENODEV" : ShowResult()(index);
        });
}

Result<unsigned> TracingTunKernel::get_features(int fd) {
    return trace_ioctl(
        tracer_, fd, "TUNGETFEATURES", "", [&] { return inner_.get_features(fd); },
        show_as(interface_flags));
}

Result<std::string> TracingTunKernel::set_iff(int fd, const std::string& name, unsigned flags) {
    return trace_ioctl(
        tracer_, fd, "TUNSETIFF", trace_word(name) + " " + interface_flags(flags),
        [&] { return inner_.set_iff(fd, name, flags); }, show_as(trace_word));
}

Result<TunInterface> TracingTunKernel::get_iff(int fd) {
    return trace_ioctl(
        tracer_, fd, "TUNGETIFF", "", [&] { return inner_.get_iff(fd); },
        show_as([](const TunInterface& interface) {
            return trace_word(interface.name) + " " + interface_flags(interface.flags);
        }));
}

Result<void> TracingTunKernel::set_owner(int fd, unsigned uid) {
    return trace_ioctl(tracer_, fd, "TUNSETOWNER", std::to_string(uid),
                       [&] { return inner_.set_owner(fd, uid); });
}

Result<LinkInfo> TracingTunKernel::get_link(const std::string& name) {
    return tracer_.run(
        "netlink", trace_query(name), [&] { return inner_.get_link(name); }, show_as(trace_link));
}

Result<void> TracingTunKernel::reset_shared(int fd, TunShared what) {
    const SharedRequest& request = kSharedRequests[static_cast<std::size_t>(what)];
    return trace_ioctl(tracer_, fd, request.name, request.value,
                       [&] { return inner_.reset_shared(fd, what); });
}

Result<void> TracingTunKernel::delete_interface(unsigned index) {
    return tracer_.run(
        "netlink", trace_deletion(index), [&] { return inner_.delete_interface(index); },
        ShowResult());
}

/// Whose descriptor it returns is all that is told of it.
bool TracingTunKernel::is_in_our_namespace(int fd) {
    return trace_ioctl(
        tracer_, fd, "TUNGETDEVNETNS", "", [&] { return inner_.is_in_our_namespace(fd); },
        [](bool ours) { return ours ? "ours" : "not ours"; });
}

Result<int> TracingTunKernel::get_sndbuf(int fd) {
    return trace_ioctl(tracer_, fd, "TUNGETSNDBUF", "", [&] { return inner_.get_sndbuf(fd); });
}

Result<void> TracingTunKernel::set_sndbuf(int fd, int bytes) {
    return trace_ioctl(tracer_, fd, "TUNSETSNDBUF", std::to_string(bytes),
                       [&] { return inner_.set_sndbuf(fd, bytes); });
}

Result<void> TracingTunKernel::set_offload(int fd, const Offloads& offloads) {
    return trace_ioctl(tracer_, fd, "TUNSETOFFLOAD", offload_names(offloads),
                       [&] { return inner_.set_offload(fd, offloads); });
}

Result<int> TracingTunKernel::get_vnet_hdr_size(int fd) {
    return trace_ioctl(tracer_, fd, "TUNGETVNETHDRSZ", "",
                       [&] { return inner_.get_vnet_hdr_size(fd); });
}

Result<void> TracingTunKernel::set_vnet_hdr_size(int fd, int bytes) {
    return trace_ioctl(tracer_, fd, "TUNSETVNETHDRSZ", std::to_string(bytes),
                       [&] { return inner_.set_vnet_hdr_size(fd, bytes); });
}

Result<void> TracingTunKernel::set_vnet_le(int fd, bool enable) {
    return trace_ioctl(tracer_, fd, "TUNSETVNETLE", on_off(enable),
                       [&] { return inner_.set_vnet_le(fd, enable); });
}

Result<void> TracingTunKernel::set_vnet_be(int fd, bool enable) {
    return trace_ioctl(tracer_, fd, "TUNSETVNETBE", on_off(enable),
                       [&] { return inner_.set_vnet_be(fd, enable); });
}

Result<void> TracingTunKernel::set_queue(int fd, bool attach) {
    return trace_ioctl(tracer_, fd, "TUNSETQUEUE", attach ? "IFF_ATTACH_QUEUE" : "IFF_DETACH_QUEUE",
                       [&] { return inner_.set_queue(fd, attach); });
}

Result<void> TracingTunKernel::set_steering_ebpf(int fd, int program_fd) {
    return trace_ioctl(tracer_, fd, "TUNSETSTEERINGEBPF", std::to_string(program_fd),
                       [&] { return inner_.set_steering_ebpf(fd, program_fd); });
}

}  // namespace qnetdev
