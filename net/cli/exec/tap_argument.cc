// SPDX-License-Identifier: MIT
#include "net/cli/exec/tap_argument.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "net/options.h"
#include "net/options/netdev_options.h"
#include "net/options/traditional.h"

namespace qnetdev::cli {
namespace {

using qapi::NetdevTapOptions;

/// What opening the tap has used up, and what QEMU refuses or ignores beside descriptors.
constexpr std::array<std::string_view, 7> kCarriedOut = {"ifname", "script",   "downscript", "br",
                                                         "helper", "vnet_hdr", "queues"};

/// One element of a traditional argument.
struct Element {
    std::string_view text;  ///< As written.
    std::string_view key;   ///< `type` for a bare first word, without `no` for a flag.
};

/// The element at `at`, cut as TraditionalOptions cuts.
Element read_element(std::string_view text, std::size_t at) {
    const std::size_t key_end = std::min(text.find_first_of("=,", at), text.size());
    const std::string_view name = text.substr(at, key_end - at);
    if (key_end < text.size() && text[key_end] == '=') {
        return {text.substr(at, comma_value_end(text, key_end + 1) - at), name};
    }
    if (at == 0) {
        return {text.substr(0, comma_value_end(text, 0)), kImpliedKey};
    }
    return {name, name.starts_with("no") ? name.substr(2) : name};
}

bool is_carried_out(std::string_view key) {
    return std::find(kCarriedOut.begin(), kCarriedOut.end(), key) != kCarriedOut.end();
}

/// A bridge becomes a tap.
std::string_view with_tap_type(const Element& element) {
    if (element.key != kImpliedKey) {
        return element.text;
    }
    return element.text.starts_with("type=") ? "type=tap" : "tap";
}

std::string rewrite_text(std::string_view text, const TapNumbers& numbers) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const Element element = read_element(text, at);
        at += element.text.size() + 1;
        if (!is_carried_out(element.key)) {
            out += out.empty() ? "" : ",";
            out += with_tap_type(element);
        }
    }
    out += numbers.fds.size() == 1 ? ",fd=" : ",fds=";
    out += join_numbers(numbers.fds, ":");
    if (!numbers.vhostfds.empty()) {
        out += numbers.fds.size() == 1 ? ",vhostfd=" : ",vhostfds=";
        out += join_numbers(numbers.vhostfds, ":");
    }
    return out;
}

Result<std::string> rewrite_json(const qapi::Netdev& netdev, const TapNumbers& numbers) {
    NetdevTapOptions tap;
    if (const auto* given = std::get_if<NetdevTapOptions>(&netdev.branch)) {
        tap = *given;
    }
    for (auto* member : {&tap.ifname, &tap.script, &tap.downscript, &tap.br, &tap.helper}) {
        member->reset();
    }
    tap.vnet_hdr.reset();
    tap.queues.reset();
    const bool single = numbers.fds.size() == 1;
    (single ? tap.fd : tap.fds) = join_numbers(numbers.fds, ":");
    if (!numbers.vhostfds.empty()) {
        (single ? tap.vhostfd : tap.vhostfds) = join_numbers(numbers.vhostfds, ":");
    }
    qapi::Netdev rewritten;
    rewritten.id = netdev.id;
    rewritten.branch = std::move(tap);
    return netdev_to_json(rewritten);
}

}  // namespace

std::string join_numbers(const std::vector<int>& numbers, std::string_view separator) {
    std::string text;
    for (const int number : numbers) {
        text.append(text.empty() ? "" : separator).append(std::to_string(number));
    }
    return text;
}

Result<std::string> rewrite_tap_argument(const TapRequest& request, const TapNumbers& numbers) {
    if (request.argument.language == NetdevLanguage::json) {
        return rewrite_json(request.argument.netdev(), numbers);
    }
    return rewrite_text(request.argument.text, numbers);
}

std::string double_commas(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out.append(c == ',' ? 2 : 1, c);
    }
    return out;
}

unsigned virtio_net_vectors(unsigned queues) {
    return 2 * queues + 2;
}

std::string virtio_net_device(std::string_view netdev_id, unsigned queues) {
    std::string text = "virtio-net-pci,netdev=" + double_commas(netdev_id);
    if (queues > 1) {
        text += ",mq=on,vectors=" + std::to_string(virtio_net_vectors(queues));
    }
    return text;
}

}  // namespace qnetdev::cli
