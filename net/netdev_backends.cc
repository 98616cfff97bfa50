// SPDX-License-Identifier: MIT
#include "net/netdev_backends.h"

#include "net/tap/pipeline.h"

// One function and its table: a program that has other backends links one of its own instead.
namespace qnetdev {
namespace {

using qapi::NetClientDriver;

constexpr NetdevBackend kBackends[] = {
    {.type = NetClientDriver::tap, .wait = tap_wait, .init = net_init_tap},
    {.type = NetClientDriver::bridge, .wait = tap_wait, .init = net_init_bridge_netdev},
};

}  // namespace

std::span<const NetdevBackend> netdev_backends() {
    return kBackends;
}

}  // namespace qnetdev
