// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace qnetdev {

/// Reads the words of a line of the human monitor, front to back.
class HmpLine {
public:
    explicit HmpLine(std::string_view line) : line_(line), rest_(line) {}

    /// The next word as it stands, up to a blank; empty at the end.
    std::string_view raw_word();
    /// The next word. One in double quotes may hold blanks and the escapes \n \r \\ \' \".
    /// Nothing at the end, and if quotes or escapes are wrong.
    std::optional<std::string> word();
    /// Whether there is nothing left but blanks.
    bool at_end();
    /// The line from its first byte to where reading has got: what a message about it quotes.
    std::string_view so_far() const { return line_.substr(0, line_.size() - rest_.size()); }

private:
    void skip_blanks();
    std::optional<std::string> quoted_word();

    std::string_view line_;
    std::string_view rest_;
};

/// Whether a line, without its end, is of another protocol: a request or a header field of HTTP,
/// or binary as TLS is. Commands are lower-case text, so that none of them is.
///
/// A request line (RFC 9112, 3) ends in its protocol's version, and its method is in capitals, as
/// the first word of older versions, SMTP and others is; a field's name (RFC 9112, 5) ends in a
/// colon.
bool is_foreign_line(std::string_view line);

}  // namespace qnetdev
