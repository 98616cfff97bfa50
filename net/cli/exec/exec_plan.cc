// SPDX-License-Identifier: MIT
#include "net/cli/exec/exec_plan.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "net/cli/arguments.h"
#include "net/cli/exec/exec_descriptors.h"
#include "net/cli/exec/fd_templates.h"
#include "net/cli/report.h"

namespace qnetdev::cli {
namespace {

constexpr std::size_t kMaxFdName = 255;  // sd_listen_fds_with_names(3)

/// Reports the error; the value is what a failing function returns.
bool fail(std::string_view option, std::string_view text, const Error& error) {
    report_error(option, text, error);
    return false;
}

bool fail(const NetdevArgument& argument, const Error& error) {
    report_finding(error, argument.text);
    return false;
}

/// The option that has the descriptor's number in its value.
std::string option_with(int fd, std::string_view argument) {
    for (const char* option : {"fd", "fds", "vhostfd", "vhostfds", "sock-fds"}) {
        const std::optional<TextSpan> span = locate_option(argument, option);
        if (span && argument.substr(span->offset, span->length).find(std::to_string(fd)) !=
                        std::string_view::npos) {
            return option;
        }
    }
    return {};
}

class Planner {
public:
    explicit Planner(const ExecPlanInput& input) : input_(input) {}

    std::optional<ExecPlan> make() {
        plan_.kept = input_.kept;
        collect();
        if (!read_all() || !check_kept()) {
            return std::nullopt;
        }
        assign_numbers();
        if ((input_.fd_names && !name_descriptors()) || !rewrite()) {
            return std::nullopt;
        }
        return std::move(plan_);
    }

private:
    void collect();
    bool read_all();
    bool add(const NetdevArgument& argument, std::optional<std::size_t> word);
    bool check_kept() const;
    void assign_numbers();
    bool name_descriptors();
    bool rewrite();
    bool expand_words();

    const ExecPlanInput& input_;
    ExecPlan plan_ = {};
    NetdevArguments arguments_ = {};      ///< Own ones, then those of the command.
    std::vector<NetdevWord> words_ = {};  ///< Of those of the command.
    std::size_t own_count_ = 0;
};

/// Whoever says by own options what to open has said all of it: words of the command, which may be
/// somebody else's, then have no say in what is done with privileges.
void Planner::collect() {
    arguments_ = input_.own;
    own_count_ = arguments_.items().size();
    if (own_count_ == 0 || input_.also_command) {
        words_ = find_netdev_words(input_.command);
    }
    for (const NetdevWord& word : words_) {
        arguments_.add(word.option, std::string(input_.command[word.index]));
    }
    arguments_.invent_ids(random_number);
}

bool Planner::read_all() {
    const std::vector<NetdevArgument>& all = arguments_.items();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool own = i < own_count_;
        if (!add(all[i], own ? std::nullopt : std::optional(words_[i - own_count_].index))) {
            return false;
        }
    }
    return true;
}

bool Planner::add(const NetdevArgument& argument, std::optional<std::size_t> word) {
    Result<NetdevReading> reading = read_netdev(argument);
    if (!reading) {
        return fail(argument, reading.error());
    }
    for (const int fd : reading->named_fds) {
        if (fcntl(fd, F_GETFD) < 0) {
            return fail(argument, Error("descriptor " + std::to_string(fd) + " is not open")
                                      .with_param(option_with(fd, argument.text))
                                      .with_hint("open it for qnetdev, for example with " +
                                                 std::to_string(fd) + "<>FILE in a shell"));
        }
        plan_.kept.insert(fd);
    }
    const bool has_device = argument.option == NetdevOption::netdev;
    if (!reading->tap) {
        if (reading->queues > 0 && has_device) {
            plan_.devices.push_back(virtio_net_device(reading->id, reading->queues));
        }
        if (!word) {
            return fail(argument,
                        Error("exec opens tap and bridge, and this is neither, or has its "
                              "descriptors already"));
        }
        return true;
    }
    if (word && input_.no_scripts) {
        const Result<void> allowed = forbid_scripts(*reading->tap);
        if (!allowed) {
            return fail(argument, allowed.error());
        }
    }
    reading->tap->word = word;
    for (const std::string& warning : argument.warnings()) {
        report_warning(argument.name(), argument.text, warning);
    }
    if (has_device) {
        plan_.devices.push_back(virtio_net_device(reading->tap->plan.id, reading->tap->queues()));
    }
    plan_.requests.push_back(*std::move(reading->tap));
    return true;
}

bool Planner::check_kept() const {
    for (const int fd : input_.kept) {
        if (fcntl(fd, F_GETFD) < 0) {
            return fail("--keep-fd", std::to_string(fd), Error("this descriptor is not open"));
        }
    }
    return true;
}

/// Not the numbers that the caller has open: if the command names one that is not passed on, it
/// shall find it closed, not find a tap there. Names, however, are for 3 and up without a gap.
void Planner::assign_numbers() {
    std::set<int> avoided = plan_.kept;
    if (!input_.fd_names) {
        avoided.insert(input_.inherited.begin(), input_.inherited.end());
    }
    FdNumbers free(std::move(avoided));
    for (const TapRequest& request : plan_.requests) {
        TapNumbers numbers;
        for (unsigned queue = 0; queue < request.queues(); ++queue) {
            numbers.fds.push_back(free.take());
        }
        for (unsigned queue = 0; request.needs_vhost() && queue < request.queues(); ++queue) {
            numbers.vhostfds.push_back(free.take());
        }
        plan_.numbers.push_back(std::move(numbers));
    }
}

/// "hn0.0" for queue 0 of hn0, "hn0.vhost.0" for its vhost-net. An invented id is nothing to be
/// found by, so that its place stands for it.
bool Planner::name_descriptors() {
    for (std::size_t i = 0; i < plan_.requests.size(); ++i) {
        const TapRequest& request = plan_.requests[i];
        const std::string& id = request.plan.id;
        const std::string base = request.argument.id_invented ? "nic" + std::to_string(i)
                                 : id.starts_with('#')        ? id.substr(1)
                                                              : id;
        const bool bad = std::any_of(base.begin(), base.end(), [](char c) {
            return c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        });
        if (bad || base.size() + 16 > kMaxFdName) {
            return fail(
                request.argument,
                Error("'id' cannot be part of a descriptor's name")
                    .with_param("id")
                    .with_hint("use letters, digits, '-', '.' and '_', or drop --fd-names"));
        }
        for (std::size_t queue = 0; queue < plan_.numbers[i].fds.size(); ++queue) {
            plan_.fd_names.push_back(base + "." + std::to_string(queue));
        }
        for (std::size_t queue = 0; queue < plan_.numbers[i].vhostfds.size(); ++queue) {
            plan_.fd_names.push_back(base + ".vhost." + std::to_string(queue));
        }
    }
    const int last = 2 + static_cast<int>(plan_.fd_names.size());
    const auto clash = plan_.kept.lower_bound(3);
    if (clash != plan_.kept.end() && *clash <= last) {
        return fail("", "",
                    Error("--fd-names needs descriptors 3 to " + std::to_string(last) + ", but " +
                          std::to_string(*clash) + " is to be kept")
                        .with_hint("open what is kept at a higher number"));
    }
    return true;
}

bool Planner::rewrite() {
    plan_.words.assign(input_.command.begin(), input_.command.end());
    if (own_count_ > 0 && !expand_words()) {
        return false;
    }
    for (std::size_t i = own_count_; i < plan_.requests.size(); ++i) {
        const TapRequest& request = plan_.requests[i];
        Result<std::string> text = rewrite_tap_argument(request, plan_.numbers[i]);
        if (!text) {
            return fail(request.argument, text.error());
        }
        plan_.words[*request.word] = *std::move(text);
    }
    return true;
}

bool Planner::expand_words() {
    std::vector<TemplateTap> taps;
    for (std::size_t i = 0; i < own_count_; ++i) {
        taps.push_back({plan_.requests[i].plan.id, plan_.numbers[i]});
    }
    std::set<std::string_view> used;
    const FindTap find = [&](std::string_view id) -> const TemplateTap* {
        for (const TemplateTap& tap : taps) {
            if (tap.id == id) {
                used.insert(tap.id);
                return &tap;
            }
        }
        return nullptr;
    };
    for (std::string& word : plan_.words) {
        Result<std::string> expanded = expand_templates(word, find);
        if (!expanded) {
            return fail("", "", expanded.error());
        }
        word = *std::move(expanded);
    }
    for (std::size_t i = 0; i < own_count_ && !input_.fd_names && !input_.command.empty(); ++i) {
        if (!used.contains(taps[i].id)) {
            return fail(plan_.requests[i].argument,
                        Error("nothing tells the command of this netdev")
                            .with_hint("write %{" + std::string(taps[i].id) +
                                       ".fds} in the command, or use --fd-names"));
        }
    }
    return true;
}

}  // namespace

std::optional<ExecPlan> make_exec_plan(const ExecPlanInput& input) {
    return Planner(input).make();
}

}  // namespace qnetdev::cli
