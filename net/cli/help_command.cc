// SPDX-License-Identifier: MIT
#include <string>
#include <variant>

#include "net/cli/arguments.h"
#include "net/cli/command.h"
#include "net/cli/netdev_arguments.h"
#include "net/cli/report.h"
#include "qapi/net_docs.h"
#include "qapi/suggest.h"

namespace net::cli {
namespace {

constexpr std::size_t kWidth = 80;

/// Breaks a paragraph into lines that start behind `indent` blanks.
std::string wrap(std::string_view text, std::size_t indent) {
    std::string out;
    std::size_t column = kWidth;
    while (!text.empty()) {
        const std::size_t end = text.find_first_of(" \n");
        const std::string_view word = text.substr(0, end);
        if (column + 1 + word.size() > kWidth) {
            out.append(out.empty() ? "" : "\n").append(indent, ' ');
            column = indent;
        } else {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out + "\n";
}

/// Schema texts mark option names with '@'; on a terminal the quotes of our messages do.
std::string plain(std::string_view text) {
    std::string out;
    bool in_name = false;
    for (const char c : text) {
        const bool name_char =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (c == '@') {
            out += '\'';
            in_name = true;
            continue;
        }
        if (in_name && !name_char) {
            out += '\'';
            in_name = false;
        }
        out += c;
    }
    return in_name ? out + "'" : out;
}

std::string describe_member(const qapi::MemberDoc& doc) {
    std::string head = "  " + std::string(doc.name) + "=" + std::string(doc.type);
    if (!doc.optional) {
        head += "  (required)";
    }
    if (!doc.since.empty()) {
        head += "  (since " + std::string(doc.since) + ")";
    }
    return head + "\n" + wrap(plain(doc.summary), 6);
}

template <class Options>
std::string describe_type(std::string_view type) {
    std::string text = "-netdev " + std::string(type) + ",id=ID[,OPTION=VALUE]...\n\n";
    std::string_view summary = qapi::type_docs<Options>.summary;
    while (!summary.empty()) {
        const std::size_t end = summary.find("\n\n");
        text += wrap(plain(summary.substr(0, end)), 0) + "\n";
        summary.remove_prefix(end == std::string_view::npos ? summary.size() : end + 2);
    }
    for (const qapi::MemberDoc& member : qapi::member_docs<Options>) {
        text += describe_member(member);
    }
    return text;
}

/// The help text of the backend type of that name; empty if there is none.
template <class... Branch>
std::string find_type(std::string_view type, const std::variant<Branch...>*) {
    std::string text;
    const auto describe_if_named = [&]<class B>(const B*) {
        if (qapi::enum_name(B::kTag) == type) {
            text = describe_type<B>(type);
        }
    };
    (describe_if_named(static_cast<const Branch*>(nullptr)), ...);
    return text;
}

std::string list_commands() {
    std::string text =
        "usage: qnetdev COMMAND [OPTION]...\n"
        "\n"
        "Host networking for virtual machines, in QEMU's own words.\n"
        "\n";
    for (const Command* command : all_commands()) {
        text += "  " + std::string(command->name) + std::string(10 - command->name.size(), ' ') +
                std::string(command->summary) + "\n";
    }
    return text +
           "\n"
           "qnetdev COMMAND --help tells more about a command, qnetdev help TYPE about a backend.\n"
           "\n" +
           list_netdev_types();
}

int run_help(Words words) {
    if (words.empty()) {
        print(list_commands());
        return exit_done;
    }
    if (words.size() > 1) {
        report_error("", "", Error("help takes one type"));
        return exit_usage;
    }
    for (const Command* command : all_commands()) {
        if (command->name == words.front()) {
            print(command->usage);
            return exit_done;
        }
    }
    const auto* all_types = static_cast<const decltype(qapi::Netdev::branch)*>(nullptr);
    const std::string text = words.front() == "none" || words.front() == "nic"
                                 ? ""
                                 : find_type(words.front(), all_types);
    if (text.empty()) {
        const auto& names = qapi::enum_names<qapi::NetClientDriver>;
        report_error("", "",
                     Error("no netdev type '" + std::string(words.front()) + "'")
                         .with_hint(qapi::did_you_mean(qapi::nearest(words.front(), names))));
        return exit_usage;
    }
    print(text);
    return exit_done;
}

}  // namespace

const Command kHelpCommand = {
    "help", "list the commands and the netdev types, or describe a type",
    "usage: qnetdev help [TYPE | COMMAND]\n"
    "\n"
    "Without an argument lists the commands and the netdev types. With a type, tells every option\n"
    "of it: its meaning, default and limits.\n",
    run_help};

}  // namespace net::cli
