// SPDX-License-Identifier: MIT
/// Arguments of -netdev, -nic and -net in every language.
#include <cstdint>

#include "checks.h"
#include "net/validate/validate.h"

namespace fuzz {
namespace {

using qnetdev::NetdevLanguage;
using qnetdev::ParsedNetdev;
using qnetdev::ParsedNic;
using qnetdev::Result;

void check_parsed(const Result<ParsedNetdev>& parsed, std::string_view text, Source source) {
    if (parsed) {
        check_netdev(parsed->netdev, text, source);
    } else {
        check_parse_error(parsed.error(), text);
    }
}

/// A monitor accepts nothing that the command line does not, and understands it the same way.
void check_language(std::string_view text, NetdevLanguage language,
                    const Result<ParsedNetdev>& chosen) {
    const Source source = language == NetdevLanguage::json ? Source::json : Source::text;
    const Result<ParsedNetdev> parsed = qnetdev::parse_netdev_as(text, language);
    check_parsed(parsed, text, source);
    if (parsed) {
        require(qnetdev::is_well_formed_id(parsed->netdev.id) || parsed->netdev.id.empty(),
                "a monitor checks the id", parsed->netdev.id);
    }
    if (parsed && qnetdev::netdev_language(text) == language) {
        require(chosen.has_value(), "accepted in this language, so accepted", text);
        require(chosen->netdev == parsed->netdev, "the language chosen gives the same", text);
    }
}

void check_nic(const Result<ParsedNic>& parsed, std::string_view text) {
    if (!parsed) {
        check_parse_error(parsed.error(), text);
        return;
    }
    (void)qnetdev::validate_nic_card(*parsed);
    if (parsed->netdev) {
        check_netdev(*parsed->netdev, text, Source::text);
    }
}

void check_text(std::string_view text) {
    const Result<ParsedNetdev> chosen = qnetdev::parse_netdev(text);
    const bool json = qnetdev::netdev_language(text) == NetdevLanguage::json;
    check_parsed(chosen, text, json ? Source::json : Source::text);
    check_language(text, NetdevLanguage::traditional, chosen);
    check_language(text, NetdevLanguage::keyval, chosen);
    check_language(text, NetdevLanguage::json, chosen);
    check_nic(qnetdev::parse_nic(text), text);
    check_nic(qnetdev::parse_net(text), text);
    (void)qnetdev::is_netdev_help(text);
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::check_text({reinterpret_cast<const char*>(data), size});
    return 0;
}
