// SPDX-License-Identifier: MIT
#include "net/cli/arguments.h"

#include <sys/random.h>

#include <charconv>
#include <cstdlib>

#include "net/cli/report.h"
#include "qapi/suggest.h"

namespace qnetdev::cli {
namespace {

Error usage_error(std::string message, std::string hint = {}) {
    return Error(std::move(message)).with_stage(Stage::parse).with_hint(std::move(hint));
}

const OptionSpec* find_spec(const std::vector<OptionSpec>& specs, std::string_view name) {
    for (const OptionSpec& spec : specs) {
        if (spec.name == name) {
            return &spec;
        }
    }
    return nullptr;
}

OptionSpec netdev_spec(NetdevOption option, NetdevArguments& arguments) {
    return {netdev_option_name(option), true,
            [option, &arguments](std::string_view value) -> Result<void> {
                arguments.add(option, std::string(value));
                return {};
            }};
}

Error unknown_option(std::string_view word, const std::vector<OptionSpec>& specs) {
    std::vector<std::string_view> names;
    for (const OptionSpec& spec : specs) {
        names.push_back(spec.name);
    }
    return usage_error("unknown option '" + std::string(word) + "'",
                       qapi::did_you_mean(qapi::nearest(word, names)));
}

}  // namespace

OptionSpec flag_spec(std::string_view name, bool& target) {
    return {name, false, [&target](std::string_view) -> Result<void> {
                target = true;
                return {};
            }};
}

OptionSpec trace_spec(bool& target) {
    return flag_spec("--trace", target);
}

Trace tool_trace(bool wanted) {
    const char* variable = getenv("QNETDEV_TRACE");  // NOLINT(concurrency-mt-unsafe)
    const bool set = variable != nullptr && std::string_view(variable) == "1";
    return wanted || set ? stderr_trace() : Trace();
}

Result<void> parse_arguments(Words words, const std::vector<OptionSpec>& specs) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (!word.starts_with('-')) {
            return usage_error("unexpected word '" + std::string(word) + "'");
        }
        const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
        const std::string_view name = word.substr(0, equals);
        const OptionSpec* spec = find_spec(specs, name);
        if (spec == nullptr) {
            return unknown_option(name, specs);
        }
        const bool has_value = equals != std::string_view::npos;
        if (has_value && !spec->takes_value) {
            return usage_error("option '" + std::string(name) + "' takes no value");
        }
        std::string_view value = has_value ? word.substr(equals + 1) : std::string_view();
        if (spec->takes_value && !has_value) {
            if (i + 1 == words.size()) {
                return usage_error("option '" + std::string(name) + "' needs a value");
            }
            value = words[++i];
        }
        NET_TRY(spec->apply(value));
    }
    return {};
}

std::vector<OptionSpec> netdev_option_specs(NetdevArguments& arguments) {
    return {netdev_spec(NetdevOption::netdev, arguments)};
}

std::vector<OptionSpec> nic_option_specs(NetdevArguments& arguments) {
    return {netdev_spec(NetdevOption::nic, arguments), netdev_spec(NetdevOption::net, arguments)};
}

std::optional<int> settle_netdevs(NetdevArguments& arguments) {
    bool help = false;
    for (const NetdevArgument& argument : arguments.items()) {
        if (argument.asks_for_help()) {
            help = true;
            continue;
        }
        if (!argument.parsed) {
            report_finding(argument.parsed.error(), argument.text);
            return exit_failed;
        }
        for (const std::string& warning : argument.parsed->warnings) {
            report_warning(argument.name(), argument.text, warning);
        }
    }
    if (help) {
        print(list_netdev_types());
        return exit_done;
    }
    arguments.invent_ids(random_number);
    return std::nullopt;
}

unsigned random_number() {
    unsigned number = 0;
    (void)getrandom(&number, sizeof(number), GRND_NONBLOCK);  // no id is worth an error
    return number;
}

std::string list_netdev_types() {
    std::string text = "Available netdev backend types:\n";
    for (const std::string_view name : qapi::enum_names<qapi::NetClientDriver>) {
        if (name != "none" && name != "nic") {
            text.append(name).append("\n");
        }
    }
    return text;
}

Result<int> parse_seconds(std::string_view name, std::string_view text) {
    constexpr int kMax = 3600;
    int seconds = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, seconds);
    if (problem != std::errc() || stop != end || seconds < 1 || seconds > kMax) {
        return usage_error("'" + std::string(name) + "' must be a number of seconds from 1 to " +
                           std::to_string(kMax) + ", not '" + std::string(text) + "'");
    }
    return seconds;
}

}  // namespace qnetdev::cli
