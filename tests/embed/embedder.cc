// SPDX-License-Identifier: MIT
// A program that embeds libqnetdev in GLib's loop: brings a tap up as its first argument says, on a
// GMainContext of its own, prints the descriptor of each queue, and cleans up.
#include <glib.h>
#include <qnetdev/glib_event_loop.h>
#include <qnetdev/netdev.h>
#include <qnetdev/options.h>
#include <qnetdev/tap.h>

#include <cstdio>
#include <memory>

static qnetdev::Result<void> bring_up(GMainContext* main_context, const char* text) {
    qnetdev::ParsedNetdev parsed = QNETDEV_TRY(qnetdev::parse_netdev(text));
    std::unique_ptr<qnetdev::EventLoop> loop = QNETDEV_TRY(qnetdev::glib_event_loop(main_context));
    std::unique_ptr<qnetdev::NetContext> context = qnetdev::net_context_create(*loop);
    QNETDEV_TRY(qnetdev::net_client_init(*context, parsed.netdev));

    qnetdev::NetClientGroup* netdev =
        QNETDEV_TRY(qnetdev::net_client_find(*context, parsed.netdev.id));
    for (std::size_t queue = 0; queue < netdev->size(); ++queue) {
        std::printf("queue %zu: fd %d\n", queue, qnetdev::tap_get_fd(netdev->client(queue)));
    }
    // A real program would attach a NIC with net_nic_attach(), and iterate until it ends.
    while (g_main_context_iteration(main_context, FALSE)) {
    }
    return {};  // The context goes, and with it the interface.
}

int main(int argc, char** argv) {
    const char* text = argc > 1 ? argv[1] : "";
    GMainContext* main_context = g_main_context_new();
    const qnetdev::Result<void> outcome = bring_up(main_context, text);
    if (!outcome) {
        std::fputs(qnetdev::describe(outcome.error(), text).c_str(), stderr);
    }
    g_main_context_unref(main_context);
    return outcome ? 0 : 1;
}
