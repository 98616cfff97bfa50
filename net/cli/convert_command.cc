// SPDX-License-Identifier: MIT
#include <string>

#include "net/cli/arguments.h"
#include "net/cli/command.h"
#include "net/cli/report.h"
#include "net/options.h"

namespace qnetdev::cli {
namespace {

enum class Target { other, json, text };

struct ConvertOptions {
    NetdevArguments netdevs = {};
    Target target = Target::other;
};

Result<std::string> convert(const NetdevArgument& argument, Target target) {
    const bool is_json = argument.language == NetdevLanguage::json;
    if (target == Target::text || (target == Target::other && is_json)) {
        return netdev_to_text(argument.netdev());
    }
    return netdev_to_json(argument.netdev());
}

Result<Target> parse_target(std::string_view value) {
    if (value == "json") {
        return Target::json;
    }
    if (value == "text") {
        return Target::text;
    }
    return choice_error("--to", {"json", "text"}, value);
}

int run_convert(Words words, const InheritedSignals& /*inherited*/) {
    ConvertOptions options;
    std::vector<OptionSpec> specs = netdev_option_specs(options.netdevs);
    specs.push_back({"--to", true, [&options](std::string_view value) -> Result<void> {
                         options.target = NET_TRY(parse_target(value));
                         return {};
                     }});
    const Result<void> parsed = parse_arguments(words, specs);
    if (!parsed || options.netdevs.empty()) {
        report_error(
            "", "",
            parsed ? no_netdev_error("convert needs at least one -netdev") : parsed.error());
        return exit_usage;
    }
    if (const std::optional<int> status = settle_netdevs(options.netdevs)) {
        return *status;
    }
    for (const NetdevArgument& argument : options.netdevs.items()) {
        const Result<std::string> text = convert(argument, options.target);
        if (!text) {
            report_finding(text.error(), argument.text);
            return exit_failed;
        }
        print(*text + "\n");
    }
    return exit_done;
}

}  // namespace

const Command kConvertCommand = {
    "convert", "turn key=value text into JSON, and back",
    "usage: qnetdev convert [--to json|text] -netdev ARG [-netdev ARG]...\n"
    "\n"
    "Prints each argument in the other language, or in the one that --to names, one a line.\n"
    "Nothing is lost; what text cannot say (an empty list, an odd id) is an error.\n"
    "\n"
    "  -netdev ARG     a backend, as QEMU's -netdev takes it; key=value text or JSON\n"
    "  --to json|text  the language to print\n"
    "\n"
    "Exit status: 0 done, 1 an argument is wrong or has no such form, 2 wrong usage.\n",
    run_convert};

}  // namespace qnetdev::cli
