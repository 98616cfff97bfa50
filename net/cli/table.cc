// SPDX-License-Identifier: MIT
#include "net/cli/table.h"

#include <algorithm>
#include <string_view>

namespace qnetdev::cli {
namespace {

/// Columns that a terminal shows the text in, near enough: one for each UTF-8 character.
std::size_t display_width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

constexpr std::size_t kGap = 2;

std::vector<std::size_t> column_widths(const std::vector<Cells>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const Cells& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], display_width(row[column]));
        }
    }
    return widths;
}

bool is_constant(const std::vector<Cells>& rows, std::size_t column) {
    return rows.size() > 1 && std::all_of(rows.begin() + 1, rows.end(), [&](const Cells& row) {
               return row[column] == rows[1][column];
           });
}

std::vector<Cells> pick(const std::vector<Cells>& rows, const std::vector<std::size_t>& columns) {
    std::vector<Cells> picked;
    for (const Cells& row : rows) {
        Cells& cells = picked.emplace_back();
        for (const std::size_t column : columns) {
            cells.push_back(row[column]);
        }
    }
    return picked;
}

/// Adds words to lines of a width.
class Paragraph {
public:
    explicit Paragraph(std::size_t width) : width_(width) {}

    void add(std::string_view word) {
        const std::size_t length = display_width(std::string(word));
        const bool fits = used_ == 0 || used_ + 1 + length <= width_;
        text_.append(used_ == 0 ? "" : fits ? " " : "\n").append(word);
        used_ = (fits ? used_ + (used_ == 0 ? 0 : 1) : 0) + length;
    }
    std::string text() const { return text_.empty() ? "" : text_ + "\n"; }

private:
    std::size_t width_;
    std::size_t used_ = 0;
    std::string text_ = {};
};

}  // namespace

std::string format_table(const std::vector<Cells>& rows) {
    const std::vector<std::size_t> widths = column_widths(rows);
    std::string text;
    for (const Cells& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line += row[column];
            line.append(widths[column] - display_width(row[column]) + kGap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string format_table(const std::vector<Cells>& rows, const FoldedTable& layout) {
    const std::vector<std::size_t> widths = column_widths(rows);
    Paragraph constants(layout.width);
    constants.add("each:");
    std::string text;
    std::vector<std::size_t> columns;
    std::size_t used = 0;
    for (std::size_t column = 0; column < widths.size(); ++column) {
        if (column >= layout.kept && is_constant(rows, column)) {
            constants.add(rows.front()[column] + "=" + rows[1][column]);
            continue;
        }
        if (column >= layout.kept && used + widths[column] > layout.width) {
            text += format_table(pick(rows, columns));
            columns = layout.key;
            used = 0;
            for (const std::size_t key : columns) {
                used += widths[key] + kGap;
            }
        }
        columns.push_back(column);
        used += widths[column] + kGap;
    }
    return text + format_table(pick(rows, columns)) + (rows.size() > 1 ? constants.text() : "");
}

}  // namespace qnetdev::cli
