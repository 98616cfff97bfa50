// SPDX-License-Identifier: MIT
// A program that embeds libqnetdev and has its configuration in nlohmann_json's values: brings up
// the netdev that its first argument describes, with as many queues as its second one says, prints
// what it has set up as JSON and the descriptor of each queue, and cleans up.
#include <glib.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "net/event_loop.h"
#include "net/netdev.h"
#include "net/tap.h"
#include "qapi/net_nlohmann.h"

static qnetdev::Result<void> bring_up(GMainContext* main_context,
                                      const nlohmann::ordered_json& config) {
    const qnetdev::qapi::Netdev netdev =
        NET_TRY(qnetdev::qapi::from_json<qnetdev::qapi::Netdev>(config));
    std::unique_ptr<qnetdev::EventLoop> loop = NET_TRY(qnetdev::glib_event_loop(main_context));
    std::unique_ptr<qnetdev::NetContext> context = qnetdev::net_context_create(*loop);
    NET_TRY(qnetdev::net_client_init(*context, netdev, {}));

    const nlohmann::ordered_json used = netdev;
    std::printf("%s\n", used.dump().c_str());
    qnetdev::NetClientGroup& group = *context->registry().find_backend(netdev.id);
    for (std::size_t queue = 0; queue < group.size(); ++queue) {
        std::printf("queue %zu: fd %d\n", queue, qnetdev::tap_get_fd(group.client(queue)));
    }
    return {};
}

int main(int argc, char** argv) {
    auto config = nlohmann::ordered_json::parse(argc > 1 ? argv[1] : "", nullptr, false);
    config["queues"] = argc > 2 ? std::atoi(argv[2]) : 1;
    GMainContext* main_context = g_main_context_new();
    const qnetdev::Result<void> outcome = bring_up(main_context, config);
    if (!outcome) {
        std::fprintf(stderr, "%s: %s\n", outcome.error().param().c_str(),
                     outcome.error().message().c_str());
    }
    g_main_context_unref(main_context);
    return outcome ? 0 : 1;
}
