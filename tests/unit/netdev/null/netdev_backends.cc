// SPDX-License-Identifier: MIT
#include "net/netdev_backends.h"

#include "net/tap/pipeline.h"
#include "tests/unit/netdev/null/null_backend.h"

// The table of this test program, in the place of net/netdev_backends.cc: the same and one row
// more.
namespace qnetdev {
namespace {

using qapi::NetClientDriver;

constexpr NetdevBackend kBackends[] = {
    {.type = NetClientDriver::tap, .wait = tap_wait, .init = net_init_tap},
    {.type = NetClientDriver::bridge, .wait = tap_wait, .init = net_init_bridge_netdev},
    // The schema is compiled into the library, so the fixture borrows the name of a type that the
    // schema has and no build carries out. new_type_test.py adds a type to the schema.
    {.type = NetClientDriver::vde, .wait = test::null_wait, .init = test::net_init_null},
};

}  // namespace

std::span<const NetdevBackend> netdev_backends() {
    return kBackends;
}

}  // namespace qnetdev
