// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/cli/command.h"

namespace qnetdev::cli {

/// `qnetdev __complete WORD...`, which the shells' completions ask: WORD... is what was typed
/// behind the program's name up to the cursor, the last one being completed. Answers lines of
///
///     CANDIDATE<TAB>DESCRIPTION
///
/// for the whole last word, and of these, for what shells know better:
///
///     :files  :users  :groups   complete the word as a file, user or group
///     :command N                words from the N-th on (from 0) are another program's
///     :nospace                  no candidate ends the word
extern const Command kCompleteCommand;

/// A candidate for a word, with what it means in a few words.
struct Candidate {
    std::string word = {};
    std::string meaning = {};
};

/// The argument of an option `-netdev`, `-nic` or `-net`: "tap,queues=4,vh".
std::vector<Candidate> complete_netdev(std::string_view option, std::string_view text);

/// A monitor's address: "unix:/run/q,ser".
std::vector<Candidate> complete_address(std::string_view text);

}  // namespace qnetdev::cli
