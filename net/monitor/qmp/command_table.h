// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "net/monitor/qmp/call.h"
#include "net/monitor/qmp/request.h"
#include "net/result.h"
#include "qapi/visitor.h"

namespace qnetdev {

/// The commands that a monitor understands: for each of the schema's a C++ function.
///
/// The schema's tables check the arguments before the function is called.
class CommandTable {
public:
    struct Entry {
        std::string_view name;
        bool allow_oob = false;
        /// Checks the arguments (absent: none) and runs the command, or fails the call.
        std::function<void(qapi::Value arguments, const qapi::Document& document, Call call)> run;
    };

    /// `function` is either
    ///     Result<Command::Returns> (Command::Arguments)         answered at once, or
    ///     Result<Command::Returns> (Command::Arguments, Call&)  the same, knowing the caller, or
    ///     void (Command::Arguments, Call)                       answered whenever it is done.
    /// Result<void> will do for a command that returns nothing.
    template <class Command, class Function>
    void add(Function function) {
        using Arguments = typename Command::Arguments;
        Entry entry{Command::kName, Command::kAllowOob, {}};
        entry.run = [function = std::move(function)](qapi::Value value,
                                                     const qapi::Document& document, Call call) {
            Result<Arguments> arguments = read_arguments<Arguments>(value, document);
            if (!arguments) {
                return call.fail(arguments.error());
            }
            if constexpr (std::is_invocable_v<const Function&, Arguments&&, Call&&>) {
                function(*std::move(arguments), std::move(call));
            } else if (auto result = invoke(function, *std::move(arguments), call)) {
                reply(call, *result);
            } else {
                call.fail(result.error());
            }
        };
        entries_.insert_or_assign(Command::kName, std::move(entry));
        names_.push_back(Command::kName);
    }

    /// Runs the command that is asked for, or fails the call: there is none, or it does not run out
    /// of band. `request` belongs to the document.
    void execute(const qapi::Document& document, const Request& request, Call call) const;

    /// Null if there is no such command.
    const Entry* find(std::string_view name) const {
        const auto found = entries_.find(name);
        return found == entries_.end() ? nullptr : &found->second;
    }
    /// In the order in which they were added.
    const std::vector<std::string_view>& names() const { return names_; }

private:
    template <class Arguments>
    static Result<Arguments> read_arguments(qapi::Value value, const qapi::Document& document) {
        if (value) {
            return qapi::read_as<Arguments>(value, document);
        }
        if constexpr (std::is_same_v<Arguments, qapi::Empty>) {
            return Arguments{};
        } else {
            // As if an empty object had been sent.
            qapi::Document none(qapi::Grammar::json, "{}");
            none.add(qapi::ValueKind::object, {0, 2});
            return qapi::read_as<Arguments>(none);
        }
    }

    template <class Function, class Arguments>
    static auto invoke(const Function& function, Arguments arguments, Call& call) {
        if constexpr (std::is_invocable_v<const Function&, Arguments&&, Call&>) {
            return function(std::move(arguments), call);
        } else {
            return function(std::move(arguments));
        }
    }

    template <class Returns>
    static void reply(Call& call, const Returns& value) {
        if constexpr (std::is_same_v<Returns, std::monostate>) {
            call.reply(qapi::Empty{});  // of a Result<void>
        } else {
            call.reply(value);
        }
    }

    std::unordered_map<std::string_view, Entry> entries_ = {};
    std::vector<std::string_view> names_ = {};
};

}  // namespace qnetdev
