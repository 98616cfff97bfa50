// SPDX-License-Identifier: MIT
// A program that embeds libqnetdev and has its configuration in nlohmann_json's values: brings up
// the netdev that its first argument describes, with as many queues as its second one says, prints
// what it has set up as JSON and the descriptor of each queue, and cleans up.
#include <qnetdev/netdev.h>
#include <qnetdev/qapi/net_nlohmann.h>
#include <qnetdev/tap.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

static qnetdev::Result<void> bring_up(const nlohmann::ordered_json& config) {
    const qnetdev::qapi::Netdev netdev =
        QNETDEV_TRY(qnetdev::qapi::from_json<qnetdev::qapi::Netdev>(config));
    std::unique_ptr<qnetdev::EventLoop> loop = QNETDEV_TRY(qnetdev::poll_event_loop());
    std::unique_ptr<qnetdev::NetContext> context = qnetdev::net_context_create(*loop);
    qnetdev::NetClientGroup* group = QNETDEV_TRY(qnetdev::net_client_init(*context, netdev));

    const nlohmann::ordered_json used = netdev;
    std::printf("%s\n", used.dump().c_str());
    for (std::size_t queue = 0; queue < group->size(); ++queue) {
        std::printf("queue %zu: fd %d\n", queue, qnetdev::tap_get_fd(group->client(queue)));
    }
    return {};
}

int main(int argc, char** argv) {
    auto config = nlohmann::ordered_json::parse(argc > 1 ? argv[1] : "", nullptr, false);
    config["queues"] = argc > 2 ? std::atoi(argv[2]) : 1;
    const qnetdev::Result<void> outcome = bring_up(config);
    if (!outcome) {
        std::fprintf(stderr, "%s: %s\n", outcome.error().param().c_str(),
                     outcome.error().message().c_str());
    }
    return outcome ? 0 : 1;
}
