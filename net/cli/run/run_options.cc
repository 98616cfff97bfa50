// SPDX-License-Identifier: MIT
#include "net/cli/run/run_options.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "net/options/traditional.h"
#include "qapi/scalars.h"

namespace qnetdev::cli {
namespace {

Error bad_option(std::string message) {
    return Error(std::move(message)).with_stage(Stage::parse);
}

/// Reads a key=value text whose keys are known; the values that counts for each.
class Fields {
public:
    static Result<Fields> parse(std::string_view option, std::string_view text,
                                std::string_view implied_key,
                                const std::vector<std::string_view>& keys) {
        Fields fields;
        const TraditionalOptions options(text, implied_key);
        for (const auto& entry : options.document().root().entries()) {
            if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) {
                return bad_option(std::string(option) + " has no option '" +
                                  std::string(entry.key) + "'");
            }
            fields.values_.insert_or_assign(std::string(entry.key),
                                            std::string(entry.value.text()));
        }
        return fields;
    }

    std::string get(const std::string& key, std::string otherwise = {}) const {
        const auto found = values_.find(key);
        return found == values_.end() ? std::move(otherwise) : found->second;
    }
    bool has(const std::string& key) const { return values_.contains(key); }

private:
    std::map<std::string, std::string> values_ = {};
};

Result<std::int64_t> parse_count(const std::string& key, const std::string& text) {
    const std::optional<std::uint64_t> number = qapi::parse_unsigned(text, qapi::Negative::refused);
    if (!number || *number > INT32_MAX) {
        return bad_option("'" + key + "' must be a number, not '" + text + "'");
    }
    return static_cast<std::int64_t>(*number);
}

Result<AddFdArgument> parse_add_fd(std::string_view text) {
    const Fields fields = NET_TRY(Fields::parse("-add-fd", text, "", {"fd", "set", "opaque"}));
    AddFdArgument argument;
    const std::int64_t fd = NET_TRY(parse_count("fd", fields.get("fd")));
    if (fd <= 2) {
        return bad_option("'fd' of -add-fd must be above 2: the others are the standard streams");
    }
    argument.fd = static_cast<int>(fd);
    argument.set = NET_TRY(parse_count("set", fields.get("set")));
    if (fields.has("opaque")) {
        argument.opaque = fields.get("opaque");
    }
    return argument;
}

std::string double_commas(const std::string& text) {
    std::string doubled;
    for (const char c : text) {
        doubled.append(c == ',' ? 2 : 1, c);
    }
    return doubled;
}

using Chardevs = std::map<std::string, std::string>;

/// `socket,id=ID,path=P,server=on,…` as a monitor's address.
Result<void> parse_chardev(std::string_view text, Chardevs& chardevs) {
    const Fields fields = NET_TRY(
        Fields::parse("-chardev", text, "backend",
                      {"backend", "id", "path", "fd", "host", "port", "server", "wait", "mux"}));
    const std::string backend = fields.get("backend");
    std::string address;
    if (backend == "stdio") {
        address = "stdio";
    } else if (backend != "socket") {
        return bad_option("-chardev can be a socket or stdio here, not '" + backend + "'");
    } else if (fields.has("path")) {
        // In an address, too, a comma in a path is doubled.
        address = "unix:" + double_commas(fields.get("path"));
    } else if (fields.has("fd")) {
        address = "fd:" + fields.get("fd");
    } else {
        address = "tcp:" + fields.get("host") + ":" + fields.get("port");
    }
    for (const char* key : {"server", "wait"}) {
        if (fields.has(key)) {
            address += "," + std::string(key) + "=" + fields.get(key);
        }
    }
    if (!chardevs.emplace(fields.get("id"), address).second) {
        return bad_option("two -chardev have the id '" + fields.get("id") + "'");
    }
    return {};
}

/// `chardev=ID,mode=control`, or an address of its own.
Result<MonitorArgument> parse_mon(std::string_view text, const Chardevs& chardevs) {
    const Fields fields =
        NET_TRY(Fields::parse("-mon", text, "chardev", {"chardev", "mode", "pretty", "id"}));
    const auto found = chardevs.find(fields.get("chardev"));
    if (found == chardevs.end()) {
        return bad_option("-mon names no -chardev: '" + fields.get("chardev") + "'");
    }
    const std::string mode = fields.get("mode", "readline");
    if (mode != "control" && mode != "readline") {
        return bad_option("'mode' of -mon must be control or readline, not '" + mode + "'");
    }
    MonitorArgument argument{.option = "-mon", .human = mode == "readline"};
    argument.address = NET_TRY(parse_monitor_address(found->second));
    const std::optional<bool> pretty = qapi::parse_bool(fields.get("pretty", "off"));
    if (!pretty) {
        return bad_option("'pretty' must be on or off");
    }
    argument.address.pretty = *pretty;
    return argument;
}

/// The guest's name of `-name NAME` or `-name guest=NAME,…`.
Result<std::string> parse_name(std::string_view text) {
    const Fields fields =
        NET_TRY(Fields::parse("-name", text, "guest", {"guest", "process", "debug-threads"}));
    return fields.get("guest");
}

OptionSpec text_spec(std::string_view name, std::string& target) {
    return {name, true, [&target](std::string_view value) -> Result<void> {
                target = value;
                return {};
            }};
}

void add_monitor_specs(std::vector<OptionSpec>& specs, RunOptions& options) {
    const auto address_spec = [&options](std::string_view name, bool human, bool pretty) {
        return OptionSpec{name, true,
                          [&options, name, human, pretty](std::string_view value) -> Result<void> {
                              MonitorArgument argument{.option = name, .human = human};
                              argument.address = NET_TRY(parse_monitor_address(value));
                              argument.address.pretty |= pretty;
                              options.monitors.push_back(std::move(argument));
                              return {};
                          }};
    };
    specs.push_back(address_spec("-qmp", false, false));
    specs.push_back(address_spec("-qmp-pretty", false, true));
    specs.push_back(address_spec("-monitor", true, false));
    const auto chardevs = std::make_shared<Chardevs>();
    specs.push_back({"-chardev", true, [chardevs](std::string_view value) {
                         return parse_chardev(value, *chardevs);
                     }});
    specs.push_back({"-mon", true, [chardevs, &options](std::string_view value) -> Result<void> {
                         MonitorArgument monitor = NET_TRY(parse_mon(value, *chardevs));
                         options.monitors.push_back(std::move(monitor));
                         return {};
                     }});
}

std::vector<OptionSpec> make_specs(RunOptions& options) {
    std::vector<OptionSpec> specs = netdev_option_specs(options.netdevs);
    for (OptionSpec& spec : nic_option_specs(options.netdevs)) {
        specs.push_back(std::move(spec));
    }
    add_monitor_specs(specs, options);
    specs.push_back(flag_spec("-S", options.stopped));
    specs.push_back(flag_spec("-daemonize", options.daemonize));
    specs.push_back(flag_spec("--verbose", options.verbose));
    specs.push_back(trace_spec(options.trace));
    specs.push_back(text_spec("-pidfile", options.pidfile));
    specs.push_back({"-name", true, [&options](std::string_view value) -> Result<void> {
                         options.name = NET_TRY(parse_name(value));
                         return {};
                     }});
    specs.push_back({"-add-fd", true, [&options](std::string_view value) -> Result<void> {
                         AddFdArgument argument = NET_TRY(parse_add_fd(value));
                         options.fds.push_back(std::move(argument));
                         return {};
                     }});
    specs.push_back({"--timeout", true, [&options](std::string_view value) -> Result<void> {
                         options.timeout_seconds = NET_TRY(parse_seconds("--timeout", value));
                         return {};
                     }});
    return specs;
}

}  // namespace

bool RunOptions::uses_stdio() const {
    return std::any_of(monitors.begin(), monitors.end(), [](const MonitorArgument& monitor) {
        return std::holds_alternative<MonitorAddress::Stdio>(monitor.address.place);
    });
}

Result<RunOptions> parse_run_options(Words words) {
    RunOptions options;
    NET_TRY(parse_arguments(words, make_specs(options)));
    const auto stdio = std::count_if(
        options.monitors.begin(), options.monitors.end(), [](const MonitorArgument& monitor) {
            return std::holds_alternative<MonitorAddress::Stdio>(monitor.address.place);
        });
    if (stdio > 1) {
        return bad_option("only one monitor can use stdio");
    }
    if (stdio == 1 && options.daemonize) {
        return bad_option("-daemonize leaves the terminal: no monitor can use stdio");
    }
    return options;
}

}  // namespace qnetdev::cli
