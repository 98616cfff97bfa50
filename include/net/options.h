// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/api.h"
#include "net/result.h"
#include "qapi/net_types.h"

/// Text to `qapi::Netdev` and back.
///
/// All of this is pure: no side effect, no system call. It knows types and names, nothing about
/// networks. Errors are of Stage::parse; their param is the full member path ("addr.port",
/// "dnssearch[0].str"), and for text their span is the offending bytes of the argument. Arguments
/// above 64 MiB are refused.
namespace qnetdev {

/// The three languages a `-netdev` argument may be written in.
enum class NetdevLanguage { traditional, keyval, json };

/// Which language QEMU reads `text` in: JSON if its first byte is '{', keyval if the effective
/// type is stream or dgram, else traditional.
QNETDEV_API NetdevLanguage netdev_language(std::string_view text);

/// A parsed argument and what is questionable about it, such as short-form booleans.
struct ParsedNetdev {
    qapi::Netdev netdev = {};
    std::vector<std::string> warnings = {};
};

/// Reads the argument of `-netdev`, in whichever language it is written.
///
/// Of JSON and keyval the command line does not check the form of the id, as in QEMU. Beyond QEMU,
/// every type may be written with dotted keys ("user,id=n0,hostfwd.0.str=…"): a traditional
/// argument that has one, and whose type has no such member, is read as keyval.
QNETDEV_API Result<ParsedNetdev> parse_netdev(std::string_view text);

/// The same for one language whatever the text looks like, and always with a checked id: what a
/// monitor's netdev_add takes (HMP: traditional; QMP: json, the arguments object).
QNETDEV_API Result<ParsedNetdev> parse_netdev_as(std::string_view text, NetdevLanguage language);

/// Whether the argument asks for the list of types: its effective type is `help` or `?`.
QNETDEV_API bool is_netdev_help(std::string_view text);

/// The argument of `-nic` or `-net`: a backend, a card, or both.
struct ParsedNic {
    /// Absent for `none`. The id is empty unless given: whoever creates the backend invents one.
    std::optional<qapi::Netdev> netdev = {};
    std::optional<std::string> mac = {};    ///< Of the card; `-nic` only.
    std::optional<std::string> model = {};  ///< Of the card; `-nic` only.
    std::vector<std::string> warnings = {};
};

/// Reads the argument of `-nic`: a card and its backend, of type user unless given.
QNETDEV_API Result<ParsedNic> parse_nic(std::string_view text);

/// Reads the argument of `-net`: a card (type nic) or a backend, both for hub 0.
QNETDEV_API Result<ParsedNic> parse_net(std::string_view text);

/// True if `id` is well-formed: an ASCII letter, then letters, digits, '-', '.' and '_'.
QNETDEV_API bool is_well_formed_id(std::string_view id);

/// The error of an id that is not well-formed, as every route that checks ids reports it.
QNETDEV_API Result<void> check_id(std::string_view id);

/// Where an argument gives an option: from its key to the end of its value. Of repeated ones the
/// last, of a nested one the deepest member that is there. For errors of later stages, which know
/// the option but not the text.
QNETDEV_API std::optional<TextSpan> locate_option(std::string_view text, std::string_view param);

/// An error as the tool shows it: the message, the argument with a caret under what the error is
/// about, and the hint, each on a line of its own, with a newline behind each.
///
/// What only a later stage found is looked up in the argument, by the option's name. Control
/// characters are replaced, long texts shortened.
QNETDEV_API std::string describe(const Error& error, std::string_view argument);
/// The same without argument and caret.
QNETDEV_API std::string describe(const Error& error);

/// A netdev as compact JSON, which parse_netdev() reads back to an equal one.
///
/// Fails for what JSON cannot say: a text that is not UTF-8 or contains a NUL.
QNETDEV_API Result<std::string> netdev_to_json(const qapi::Netdev& netdev);

/// A netdev as key=value text, which parse_netdev() reads back to an equal one.
///
/// Traditional, or keyval for stream and dgram. Fails for what text cannot say: an empty list, or
/// an id that the traditional language refuses.
QNETDEV_API Result<std::string> netdev_to_text(const qapi::Netdev& netdev);

}  // namespace qnetdev
