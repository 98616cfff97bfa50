// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "fault.h"
#include "qapi/net_tables.h"
#include "qapi/visitor.h"

namespace qnetdev {
namespace {

constexpr std::uint64_t kNetdevs = 100'000;
constexpr std::size_t kTypes = std::variant_size_v<qapi::Netdev::Branch::variant>;

/// What every language has to carry: its own separators, quotes, numbers, and what needs escaping.
constexpr std::array<std::string_view, 32> kPieces = {
    ",",    ",,",   "=",    ".",  "\"",         "\\",     "'",      "{",    "}", "[",       "]",
    "a",    "id=x", ",br=", "on", "no",         "0x1",    "64K",    "-1",   " ", "\t",      "\n",
    "\x01", "\x7f", "é",    "漢", "\U0001F600", "\u00a0", "\uFFFD", "help", "?", "type=tap"};

/// Makes netdevs by walking the tables of their types, as the readers and writers do.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    qapi::Netdev netdev(std::size_t type) {
        qapi::Netdev made;
        density_ = below(5);
        fill_struct(made);
        make_branch(made.branch, type);
        made.id = below(8) == 0 ? text() : identifier();
        return made;
    }

    bool has_empty_list() const { return has_empty_list_; }

private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    std::string text() {
        std::string made;
        for (std::uint64_t left = below(4) == 0 ? 0 : below(7); left > 0; --left) {
            made += kPieces[below(kPieces.size())];
        }
        return made;
    }

    std::string identifier() {
        constexpr std::string_view kRest = "abcXYZ019-._";
        std::string made(1, "aZ"[below(2)]);
        for (std::uint64_t left = below(9); left > 0; --left) {
            made += kRest[below(kRest.size())];
        }
        return made;
    }

    /// Often at or beside the ends of the range, where conversions go wrong.
    template <class T>
    T number() {
        using Limits = std::numeric_limits<T>;
        const T random = static_cast<T>(random_() >> below(64));
        const std::array<T, 8> choices = {Limits::min(),     Limits::max(), 0,      1,
                                          Limits::max() / 2, random,        random, random};
        return choices[below(choices.size())];
    }

    template <class T>
    void fill(T& out) {
        if constexpr (qapi::detail::kIsOptional<T>) {
            if (below(5) <= density_) {
                fill(out.emplace());
            }
        } else if constexpr (qapi::detail::kIsVector<T>) {
            out.resize(below(8) == 0 ? 0 : below(4) + 1);
            has_empty_list_ |= out.empty();
            for (auto& element : out) {
                fill(element);
            }
        } else if constexpr (qapi::Struct<T>) {
            fill_struct(out);
        } else if constexpr (std::is_enum_v<T>) {
            out = static_cast<T>(below(qapi::enum_names<T>.size()));
        } else if constexpr (std::is_same_v<T, bool>) {
            out = below(2) == 0;
        } else if constexpr (std::is_integral_v<T>) {
            out = number<T>();
        } else {
            static_assert(std::is_same_v<T, std::string>, "teach the generator this type");
            out = text();
        }
    }

    template <class S>
    void fill_struct(S& out) {
        std::apply([&](const auto&... entry) { (fill_entry(entry, out), ...); }, qapi::members<S>);
    }

    template <class Entry, class S>
    void fill_entry(const Entry& entry, S& out) {
        auto& field = out.*entry.field;
        if constexpr (!qapi::detail::kIsUnion<Entry>) {
            fill(field);
        } else if constexpr (!std::is_same_v<S, qapi::Netdev>) {
            make_branch(
                field,
                below(std::variant_size_v<typename std::remove_cvref_t<decltype(field)>::variant>));
        }
    }

    template <class... Branch>
    void make_branch(std::variant<Branch...>& out, std::size_t wanted) {
        std::size_t index = 0;
        const auto make = [&]<class B>(const B* /*branch*/) {
            if (index++ == wanted) {
                fill_struct(out.template emplace<B>());
            }
        };
        (make(static_cast<const Branch*>(nullptr)), ...);
    }

    std::mt19937_64 random_;
    std::uint64_t density_ = 0;  ///< How many of five optional members are there, about.
    bool has_empty_list_ = false;
};

bool is_keyval(const qapi::Netdev& netdev) {
    return std::holds_alternative<qapi::NetdevStreamOptions>(netdev.branch) ||
           std::holds_alternative<qapi::NetdevDgramOptions>(netdev.branch);
}

void expect_read_back(const std::string& written, const qapi::Netdev& netdev) {
    const auto parsed = parse_netdev(written);
    ASSERT_TRUE(parsed) << written << "\n" << fault(parsed.error());
    EXPECT_EQ(parsed->netdev, netdev) << written;
    for (const std::string& warning : parsed->warnings) {
        EXPECT_EQ(warning, "'reconnect' is deprecated: use 'reconnect-ms' instead") << written;
    }
}

/// Text has no form for an empty list, nor traditional text for every id.
void expect_reason(const Error& error, const qapi::Netdev& netdev, bool has_empty_list) {
    const bool bad_id = !is_keyval(netdev) && !is_well_formed_id(netdev.id);
    EXPECT_TRUE(bad_id || has_empty_list) << fault(error);
    if (bad_id) {
        EXPECT_EQ(error.param(), "id") << fault(error);
    } else {
        EXPECT_NE(error.message().find("is an empty list"), std::string::npos) << fault(error);
    }
}

/// `text` through JSON and back is `text`.
void expect_stable(const std::string& text) {
    const auto json = netdev_to_json(parse_netdev(text)->netdev);
    ASSERT_TRUE(json) << text;
    const auto parsed = parse_netdev(*json);
    ASSERT_TRUE(parsed) << *json;
    const auto again = netdev_to_text(parsed->netdev);
    ASSERT_TRUE(again) << *json;
    EXPECT_EQ(*again, text);
}

/// Returns whether the netdev had a text form.
bool check_round_trips(const qapi::Netdev& netdev, bool has_empty_list) {
    const auto json = netdev_to_json(netdev);
    EXPECT_TRUE(json) << fault(json.error());
    if (!json) {
        return false;
    }
    expect_read_back(*json, netdev);
    const auto text = netdev_to_text(netdev);
    if (!text) {
        expect_reason(text.error(), netdev, has_empty_list);
        return false;
    }
    EXPECT_FALSE(has_empty_list) << *text;
    expect_read_back(*text, netdev);
    if (!testing::Test::HasFailure()) {
        expect_stable(*text);
    }
    return true;
}

std::uint64_t first_seed() {
    const char* given = std::getenv("ROUND_TRIP_SEED");
    return given == nullptr ? 20'240'601 : std::strtoull(given, nullptr, 10);
}

TEST(RoundTrip, EveryNetdevSurvivesJsonAndText) {
    std::array<std::uint64_t, kTypes> with_text = {};
    for (std::uint64_t i = 0; i < kNetdevs; ++i) {
        const std::uint64_t seed = first_seed() + i;
        const std::size_t type = seed % kTypes;
        Generator generator(seed);
        const qapi::Netdev netdev = generator.netdev(type);
        with_text[type] += check_round_trips(netdev, generator.has_empty_list()) ? 1 : 0;
        ASSERT_FALSE(HasFailure()) << "again with ROUND_TRIP_SEED=" << seed;
    }
    for (std::size_t type = 0; type < kTypes; ++type) {
        EXPECT_GT(with_text[type], kNetdevs / kTypes / 4) << "type " << type;
    }
}

}  // namespace
}  // namespace qnetdev
