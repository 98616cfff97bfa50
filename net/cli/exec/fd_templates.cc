// SPDX-License-Identifier: MIT
#include "net/cli/exec/fd_templates.h"

#include <array>
#include <charconv>
#include <optional>

#include "qapi/suggest.h"

namespace qnetdev::cli {
namespace {

constexpr std::array<std::string_view, 10> kForms = {
    "fd",     "fds",    "fd-list", "vhostfds",         "vhostfd-list",
    "queues", "device", "qemu",    "cloud-hypervisor", "crosvm"};

Error template_error(std::string message) {
    return Error(std::move(message)).with_stage(Stage::parse);
}

Result<std::string> single_fd(const TemplateTap& tap, std::string_view form) {
    const std::size_t queues = tap.numbers.fds.size();
    if (queues != 1) {
        return template_error("'%{" + std::string(tap.id) + "." + std::string(form) +
                              "}' stands for one descriptor, but '" + std::string(tap.id) +
                              "' has " + std::to_string(queues))
            .with_hint(form == "crosvm" ? "crosvm takes one descriptor for a NIC: drop 'queues'"
                                        : "use fds, fd-list, or fd0 for the first");
    }
    return std::to_string(tap.numbers.fds.front());
}

/// The N of `fdN`.
std::optional<std::size_t> queue_number(std::string_view form) {
    if (!form.starts_with("fd") || form.size() < 3) {
        return std::nullopt;
    }
    std::size_t queue = 0;
    const char* end = form.data() + form.size();
    const auto [stop, problem] = std::from_chars(form.data() + 2, end, queue);
    return problem == std::errc() && stop == end ? std::optional(queue) : std::nullopt;
}

Result<std::string> fd_of_queue(const TemplateTap& tap, std::size_t queue) {
    if (queue >= tap.numbers.fds.size()) {
        return template_error("'%{" + std::string(tap.id) + ".fd" + std::to_string(queue) +
                              "}': '" + std::string(tap.id) + "' has no queue " +
                              std::to_string(queue) + ", they count from 0 to " +
                              std::to_string(tap.numbers.fds.size() - 1));
    }
    return std::to_string(tap.numbers.fds[queue]);
}

std::string qemu_netdev(const TemplateTap& tap) {
    const bool single = tap.numbers.fds.size() == 1;
    std::string text = "tap,id=" + std::string(tap.id) + (single ? ",fd=" : ",fds=") +
                       join_numbers(tap.numbers.fds, ":");
    if (!tap.numbers.vhostfds.empty()) {
        text += (single ? ",vhostfd=" : ",vhostfds=") + join_numbers(tap.numbers.vhostfds, ":");
    }
    return text;
}

/// Cloud Hypervisor counts both directions: two for each pair.
std::string cloud_hypervisor_net(const TapNumbers& numbers) {
    return "fd=[" + join_numbers(numbers.fds, ",") +
           "],num_queues=" + std::to_string(2 * numbers.fds.size());
}

Error unknown_form(const TemplateTap& tap, std::string_view form) {
    std::string list = "the forms are fdN";
    for (const std::string_view known : kForms) {
        list.append(", ").append(known);
    }
    std::string hint = qapi::did_you_mean(qapi::nearest(form, kForms));
    return template_error("'%{" + std::string(tap.id) + "." + std::string(form) +
                          "}' is no form of a netdev")
        .with_hint(hint.empty() ? list : hint);
}

Result<std::string> render(const TemplateTap& tap, std::string_view form) {
    const TapNumbers& numbers = tap.numbers;
    if (form == "fd") {
        return single_fd(tap, form);
    }
    if (form == "fds" || form == "fd-list") {
        return join_numbers(numbers.fds, form == "fds" ? ":" : ",");
    }
    if (form == "vhostfds" || form == "vhostfd-list") {
        return join_numbers(numbers.vhostfds, form == "vhostfds" ? ":" : ",");
    }
    if (form == "queues") {
        return std::to_string(numbers.fds.size());
    }
    if (form == "device") {
        return virtio_net_device(tap.id, static_cast<unsigned>(numbers.fds.size()));
    }
    if (form == "qemu") {
        return qemu_netdev(tap);
    }
    if (form == "cloud-hypervisor") {
        return cloud_hypervisor_net(numbers);
    }
    if (form == "crosvm") {
        const std::string fd = NET_TRY(single_fd(tap, form));
        return "tap-fd=" + fd;
    }
    if (const std::optional<std::size_t> queue = queue_number(form)) {
        return fd_of_queue(tap, *queue);
    }
    return unknown_form(tap, form);
}

/// What stands between the braces.
Result<std::string> render_template(std::string_view inside, const FindTap& find) {
    const std::size_t dot = inside.rfind('.');
    if (dot == std::string_view::npos) {
        return template_error("'%{" + std::string(inside) + "}' should be %{ID.FORM}")
            .with_hint("write %%{ for a literal %{");
    }
    const TemplateTap* tap = find(inside.substr(0, dot));
    if (tap == nullptr) {
        return template_error("'%{" + std::string(inside) +
                              "}': no -netdev before '--' has the "
                              "id '" +
                              std::string(inside.substr(0, dot)) + "'")
            .with_hint("write %%{ for a literal %{");
    }
    return render(*tap, inside.substr(dot + 1));
}

}  // namespace

Result<std::string> expand_templates(std::string_view word, const FindTap& find) {
    std::string out;
    while (true) {
        const std::size_t start = word.find("%{");
        if (start == std::string_view::npos) {
            return out.append(word);
        }
        out += word.substr(0, start);
        word.remove_prefix(start + 2);
        if (out.ends_with('%')) {
            out += '{';
            continue;
        }
        const std::size_t end = word.find('}');
        if (end == std::string_view::npos) {
            return template_error("'%{" + std::string(word) + "' lacks its '}'")
                .with_hint("write %%{ for a literal %{");
        }
        out += NET_TRY(render_template(word.substr(0, end), find));
        word.remove_prefix(end + 1);
    }
}

}  // namespace qnetdev::cli
