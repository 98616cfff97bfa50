// SPDX-License-Identifier: MIT
#include "net/monitor/commands/human_commands.h"

#include <memory>
#include <string>
#include <utility>

#include "net/monitor/commands/monitor_service.h"
#include "net/netdev.h"
#include "net/options.h"
#include "qapi/net_tables.h"

namespace qnetdev {
namespace {

using enum HmpParameter;
using Names = std::vector<std::string>;

/// Prints the error, if there is one.
template <class T>
void report(HmpCall& call, const Result<T>& outcome) {
    if (!outcome) {
        call.fail(outcome.error());
    }
}

Names netdev_ids(const NetContext& context, bool with_cards) {
    Names ids;
    for (const auto& group : context.registry().groups()) {
        if (with_cards || group->kind() != NetClientGroup::Kind::nic) {
            ids.push_back(group->id());
        }
    }
    return ids;
}

Names backend_types() {
    Names types;
    for (const std::string_view name : qapi::enum_names<qapi::NetClientDriver>) {
        if (name != "none" && name != "nic") {
            types.emplace_back(name);
        }
    }
    return types;
}

// netdev_add.

/// An addition that may take its time.
struct Addition {
    explicit Addition(HmpCall hmp_call) : call(std::move(hmp_call)), client(call.client()) {}
    Addition(const Addition&) = delete;
    Addition& operator=(const Addition&) = delete;
    ~Addition() {
        if (!answered) {
            call.fail(Error("the command was given up, because the program ends"));
        }
    }

    HmpCall call;
    std::shared_ptr<FdClient> client;  ///< Owns the descriptors that the netdev may name.
    std::string typed = {};
    bool gives_id = false;
    bool answered = false;

    /// A bad or taken id is a mistake in the line, which help can prevent.
    void fail(const Error& error) {
        answered = true;
        call.fail(error);
        if (gives_id && error.param() == "id") {
            print_try_help(call, typed);
        }
    }
};

void netdev_add(MonitorService& service, const std::string& text, std::string_view typed,
                HmpCall call) {
    if (is_netdev_help(text)) {
        call.print("Available netdev backend types:\n");
        for (const std::string& type : backend_types()) {
            call.print(type + "\n");
        }
        return;
    }
    const auto addition = std::make_shared<Addition>(std::move(call));
    addition->typed = typed;
    addition->gives_id = locate_option(text, "id").has_value();
    Result<ParsedNetdev> parsed = parse_netdev_as(text, NetdevLanguage::traditional);
    if (!parsed) {
        return addition->fail(parsed.error());
    }
    for (const std::string& warning : parsed->warnings) {
        addition->call.print("warning: " + warning + "\n");
    }
    NetInitOptions options{.origin = NetdevOrigin::monitor};
    if (addition->client) {
        options.fds = &addition->client->named_fds();
    }
    service.bring_up(std::move(parsed->netdev), options, [addition](const Result<void>& outcome) {
        addition->answered = true;
        if (!outcome) {
            addition->fail(outcome.error());
        }
    });
}

// Forwarding belongs to backends of type user.

void change_forward(const MonitorService& service, const HmpArguments& arguments, HmpCall& call) {
    if (!arguments[1].has_value()) {
        return call.print("user mode network stack not in use\n");
    }
    const bool known = service.context().registry().find_backend(*arguments[0]) != nullptr;
    call.print(known ? "invalid device specified\n"
                     : "unrecognized netdev id '" + *arguments[0] + "'\n");
}

// announce_self.

Names split_at_commas(const std::string& text) {
    Names parts(1);
    for (const char byte : text) {
        if (byte == ',') {
            parts.emplace_back();
        } else {
            parts.back().push_back(byte);
        }
    }
    return parts;
}

Result<void> announce_self(MonitorService& service, const HmpArguments& arguments) {
    // Times as QEMU's migration has them, in milliseconds.
    qapi::AnnounceParameters parameters{.initial = 50, .max = 550, .rounds = 5, .step = 100};
    if (arguments[0].has_value()) {
        parameters.interfaces = split_at_commas(*arguments[0]);
    }
    parameters.id = arguments[1];
    return service.announcer().start(std::move(parameters));
}

std::string status_text(qapi::RunState state) {
    if (state == qapi::RunState::running || state == qapi::RunState::paused) {
        return "VM status: " + std::string(qapi::enum_name(state)) + "\n";
    }
    return "VM status: paused (" + std::string(qapi::enum_name(state)) + ")\n";
}

// The table.

void add_netdev_commands(HmpTable& table, MonitorService& service) {
    NetContext& context = service.context();
    table.add({.name = "netdev_add",
               .parameters = {optional_word},
               .synopsis = "TYPE,id=ID[,OPTION=VALUE]...",
               .summary = "add a netdev; `netdev_add help` lists the types",
               .run =
                   [&service](const HmpArguments& arguments, std::string_view typed, HmpCall call) {
                       netdev_add(service, arguments[0].value_or(""), typed, std::move(call));
                   },
               .complete = [](std::size_t) { return backend_types(); }});
    table.add(
        {.name = "netdev_del",
         .parameters = {word},
         .synopsis = "ID",
         .summary = "remove a netdev",
         .run = [&context](const HmpArguments& arguments, std::string_view,
                           HmpCall call) { report(call, net_client_del(context, *arguments[0])); },
         .complete = [&context](std::size_t) { return netdev_ids(context, false); }});
    table.add({.name = "set_link",
               .parameters = {word, on_off},
               .synopsis = "NAME on|off",
               .summary = "plug or unplug the cable of a netdev or card",
               .run =
                   [&context](const HmpArguments& arguments, std::string_view, HmpCall call) {
                       report(call, net_set_link(context, *arguments[0], *arguments[1] == "on"));
                   },
               .complete =
                   [&context](std::size_t argument) {
                       return argument == 0 ? netdev_ids(context, true) : Names{"on", "off"};
                   }});
    table.add({.name = "announce_self",
               .parameters = {optional_word, optional_word},
               .synopsis = "[CARD,CARD...] [ID]",
               .summary = "let cards announce their addresses to the network",
               .run = [&service](const HmpArguments& arguments, std::string_view, HmpCall call) {
                   report(call, announce_self(service, arguments));
               }});
}

void add_forward_commands(HmpTable& table, MonitorService& service) {
    const auto run = [&service](const HmpArguments& arguments, std::string_view, HmpCall call) {
        change_forward(service, arguments, call);
    };
    table.add({.name = "hostfwd_add",
               .parameters = {word, optional_word},
               .synopsis = "[NETDEV] [tcp|udp]:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT",
               .summary = "forward a port of the host to a guest of a user netdev",
               .run = run});
    table.add({.name = "hostfwd_remove",
               .parameters = {word, optional_word},
               .synopsis = "[NETDEV] [tcp|udp]:[HOSTADDR]:HOSTPORT",
               .summary = "forward a port of the host no more",
               .run = run});
}

void add_fd_commands(HmpTable& table) {
    table.add({.name = "getfd",
               .parameters = {word},
               .synopsis = "NAME",
               .summary = "name the descriptor that was sent along with this line",
               .run = [](const HmpArguments& arguments, std::string_view, HmpCall call) {
                   if (const auto client = call.client()) {
                       report(call, name_fd(*client, *arguments[0]));
                   }
               }});
    table.add({.name = "closefd",
               .parameters = {word},
               .synopsis = "NAME",
               .summary = "close a named descriptor",
               .run = [](const HmpArguments& arguments, std::string_view, HmpCall call) {
                   if (const auto client = call.client()) {
                       report(call, client->named_fds().close(*arguments[0]));
                   }
               }});
}

void add_state_commands(HmpTable& table, MonitorService& service) {
    table.add({.name = "stop",
               .alias = "s",
               .summary = "enter the run state paused",
               .run = [&service](const HmpArguments&, std::string_view, const HmpCall&) {
                   service.stop();
               }});
    table.add({.name = "cont",
               .alias = "c",
               .summary = "enter the run state running",
               .run = [&service](const HmpArguments&, std::string_view, const HmpCall&) {
                   service.cont();
               }});
    table.add({.name = "quit",
               .alias = "q",
               .summary = "remove all netdevs, and end the program",
               .run = [&service](const HmpArguments&, std::string_view, HmpCall call) {
                   call.be_last();
                   service.quit();
               }});
}

void add_info_commands(HmpTable& table, MonitorService& service) {
    const auto add = [&table](std::string_view name, std::string_view summary, auto text) {
        table.add_info({.name = name,
                        .summary = summary,
                        .run = [text](const HmpArguments&, std::string_view, HmpCall call) {
                            call.print(text());
                        }});
    };
    add("network", "show the netdevs and cards", [&service] {
        std::string text;
        for (const std::string& line : net_info(service.context())) {
            text += line + "\n";
        }
        return text;
    });
    add("status", "show the run state", [&service] { return status_text(service.run_state()); });
    add("name", "show the name given by -name", [&service] {
        const std::string& name = service.options().name;
        return name.empty() ? name : name + "\n";
    });
    add("usernet", "show the connections of user netdevs", [] { return std::string(); });
    add("version", "show whose commands these are, and the program's version", [&service] {
        const qapi::VersionTriple& version = service.version().qemu;
        return std::to_string(version.major_) + "." + std::to_string(version.minor_) + "." +
               std::to_string(version.micro) + " (" + service.version().package + ")\n";
    });
}

}  // namespace

HmpTable human_commands(MonitorService& service) {
    HmpTable table;
    add_netdev_commands(table, service);
    add_forward_commands(table, service);
    add_fd_commands(table);
    add_state_commands(table, service);
    add_info_commands(table, service);
    return table;
}

}  // namespace qnetdev
