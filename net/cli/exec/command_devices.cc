// SPDX-License-Identifier: MIT
#include "net/cli/exec/command_devices.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "net/base/shell_quote.h"
#include "net/cli/exec/command_netdevs.h"
#include "net/cli/exec/qemu_options.h"
#include "net/cli/exec/tap_argument.h"
#include "net/cli/json_text.h"
#include "net/options/traditional.h"
#include "net/validate/validate.h"
#include "qapi/scalars.h"
#include "qapi/suggest.h"
#include "qapi/utf8.h"

namespace qnetdev::cli {
namespace {

/// The netdevs of a command, and how many queues each has.
struct CommandNetdevs {
    std::map<std::string, unsigned, std::less<>> queues = {};
    bool all_known = true;  ///< There may be others otherwise.
};

/// Of a tap with its descriptors it is their number; who has no such option has one.
unsigned count_queues(const NetdevArgument& argument) {
    const Validation validation = validate_netdev(argument.netdev(), argument.origin());
    if (validation.plan) {
        if (const TapPlan* tap = tap_plan(*validation.plan)) {
            return tap->queues;
        }
    }
    return std::visit(
        []<class Branch>(const Branch& branch) -> unsigned {
            if constexpr (requires { branch.queues.value_or(1); }) {
                return static_cast<unsigned>(branch.queues.value_or(1));
            } else {
                return 1;
            }
        },
        argument.netdev().branch);
}

CommandNetdevs read_netdevs(Words command) {
    // The file may define some.
    CommandNetdevs netdevs{.all_known = !has_qemu_option(command, "readconfig")};
    for (const NetdevWord& word : find_netdev_words(command)) {
        NetdevArguments list;
        list.add(word.option, std::string(command[word.index]));
        const NetdevArgument& argument = list.items().front();
        if (argument.parsed && argument.parsed->netdev) {
            netdevs.queues.insert_or_assign(argument.netdev().id, count_queues(argument));
        }
        netdevs.all_known = netdevs.all_known && argument.parsed;
    }
    return netdevs;
}

/// What is said of the netdev in an argument of -device.
class Device {
public:
    explicit Device(std::string_view text) : text_(text) {
        if (text.starts_with('{')) {
            Result<Json> json = read_json(text);
            json_ = json && json->is_object() ? *std::move(json) : Json::object();
        }
    }

    std::optional<std::string> get(const char* key) const {
        if (!json_) {
            const TraditionalOptions options(text_, "driver");
            const std::optional<OptionText> value = options.get(key);
            return value ? std::optional(std::string(value->text)) : std::nullopt;
        }
        const auto value = json_->find(key);
        if (value == json_->end()) {
            return std::nullopt;
        }
        return value->is_string() ? value->get<std::string>() : write_json(*value);
    }

    /// With another value for the key, which is a number or a word.
    void set(const char* key, const std::string& value, Json json_value) {
        if (json_) {
            (*json_)[key] = std::move(json_value);
            text_ = json_->dump(-1, ' ', false, Json::error_handler_t::replace);
            return;
        }
        const TraditionalOptions options(text_, "driver");
        const std::optional<OptionText> old = options.get(key);
        const std::size_t at = old ? old->span.offset : 0;
        if (at > 0 && text_[at - 1] == '=') {
            text_ = text_.substr(0, at) + value + text_.substr(at + old->span.length);
        } else {
            text_.append(",").append(key).append("=").append(value);  // the last one counts
        }
    }

    const std::string& text() const { return text_; }
    std::string option() const { return "-device " + shell_quote(std::string_view(text_)); }

private:
    std::string text_;
    std::optional<Json> json_ = {};
};

Error device_problem(std::string message, const char* param, std::string hint) {
    return Error(std::move(message))
        .with_stage(Stage::validate)
        .with_param(param)
        .with_hint(std::move(hint));
}

/// The one that was probably meant, or the only one there is.
std::string_view likely_netdev(std::string_view given, const CommandNetdevs& netdevs) {
    std::vector<std::string_view> ids;
    for (const auto& [id, queues] : netdevs.queues) {
        ids.emplace_back(id);
    }
    return ids.size() == 1 ? ids.front() : qapi::nearest(given, ids);
}

Error unknown_netdev(Device device, const std::string& id, const CommandNetdevs& netdevs) {
    const std::string likely(likely_netdev(id, netdevs));
    std::string hint = "add -netdev " + shell_quote("tap,id=" + double_commas(id));
    if (!likely.empty()) {
        device.set("netdev", double_commas(likely), likely);
        hint = "use " + device.option();
    }
    return device_problem("the command has no netdev with the id '" + qapi::printable(id, 64) + "'",
                          "netdev", std::move(hint));
}

std::optional<Error> check_queues(Device device, const std::string& id, unsigned queues) {
    const std::string driver = device.get("driver").value_or("");
    if (queues < 2 || !driver.starts_with("virtio-net")) {
        return std::nullopt;
    }
    const unsigned needed = virtio_net_vectors(queues);
    const bool on_pci = driver.starts_with("virtio-net-pci") || driver == "virtio-net";
    const bool multiqueue = qapi::parse_bool(device.get("mq").value_or("off")).value_or(true);
    const std::string given =
        device.get("vectors").value_or(multiqueue ? std::to_string(needed) : "0");
    const std::optional<std::uint64_t> vectors =
        qapi::parse_unsigned(given, qapi::Negative::refused);
    const bool too_few = on_pci && vectors && *vectors < needed;
    if (multiqueue && !too_few) {
        return std::nullopt;
    }
    const std::string shown =
        "'" + qapi::printable(id, 64) + "' has " + std::to_string(queues) + " queues, ";
    if (!multiqueue) {
        device.set("mq", "on", true);
    }
    if (too_few) {
        device.set("vectors", std::to_string(needed), needed);
    }
    return multiqueue ? device_problem(shown + "for which 'vectors' must be at least " +
                                           std::to_string(needed) + ", but is " + given,
                                       "vectors", "use " + device.option())
                      : device_problem(shown + "of which a card without mq=on uses one", "mq",
                                       "use " + device.option());
}

}  // namespace

std::vector<DeviceWarning> check_devices(Words command) {
    std::vector<DeviceWarning> warnings;
    const CommandNetdevs netdevs = read_netdevs(command);
    for (const std::size_t index : find_qemu_values(command, "device")) {
        const Device device(command[index]);
        const std::optional<std::string> id = device.get("netdev");
        if (!id) {
            continue;
        }
        const auto found = netdevs.queues.find(*id);
        std::optional<Error> problem;
        if (found != netdevs.queues.end()) {
            problem = check_queues(device, *id, found->second);
        } else if (netdevs.all_known) {
            problem = unknown_netdev(device, *id, netdevs);
        }
        if (problem) {
            warnings.push_back({device.text(), *std::move(problem)});
        }
    }
    return warnings;
}

}  // namespace qnetdev::cli
