// SPDX-License-Identifier: MIT
#include "net/cli/json_reports.h"

#include <nlohmann/json.hpp>

#include "net/cli/json_text.h"
#include "net/cli/report.h"
#include "net/monitor/commands/describe_netdev.h"
#include "qapi/extensions_nlohmann.h"

namespace qnetdev::cli {

qapi::NetdevReport make_report(const NetdevArgument& argument, std::span<const Error> findings) {
    qapi::NetdevReport report{.option = std::string(argument.name()),
                              .arg = argument.text,
                              .valid = findings.empty(),
                              .warnings = argument.warnings()};
    for (const Error& finding : findings) {
        report.findings.push_back(describe_finding(finding));
    }
    return report;
}

void print_report(const qapi::NetdevReport& report) {
    print(write_json(Json(report)) + "\n");
}

const std::string_view kJsonHelp =
    "What programs exchange with qnetdev is JSON, one object a line, in types of the schema.\n"
    "They are installed as JSON Schema, in share/qnetdev/schema:\n"
    "\n"
    "  netdev.schema.json   what -netdev and netdev_add take (type Netdev)\n"
    "  reports.schema.json  what --json and --batch print, and --batch reads\n"
    "  qmp.schema.json      what a monitor of qnetdev run sends\n"
    "\n"
    "check --json and try --json print a NetdevReport for each argument:\n"
    "\n"
    "  {\"option\":\"-netdev\",\"arg\":\"tap,id=a,queues=0\",\"valid\":false,\n"
    "   \"warnings\":[],\"findings\":[{\"stage\":\"validate\",\n"
    "                              \"class\":\"GenericError\",\"desc\":\"...\",\n"
    "                              \"param\":\"queues\",\"hint\":\"...\",\n"
    "                              \"span\":{\"offset\":9,\"length\":8}}]}\n"
    "\n"
    "  stage is parse, validate or host; class is QMP's; param, hint and span (the bytes of\n"
    "  arg at fault) may be absent. What try has set up is told in the member netdev\n"
    "  (NetdevInfo), as query-netdev tells it. check --all gives all findings, not the first.\n"
    "\n"
    "check --batch and try --batch read cases (NetdevBatchCase) from standard input:\n"
    "\n"
    "  {\"id\":1,\"form\":\"keyval\",\"arg\":\"tap,id=a,queues=8\"}\n"
    "\n"
    "  id      any value, which comes back in the answer\n"
    "  form    keyval, json: arg is for -netdev; nic, net: for the option of that name;\n"
    "          qmp: arg is a whole QMP command\n"
    "  arg     the argument or command, as a string\n"
    "\n"
    "and answer each with a line (NetdevBatchAnswer):\n"
    "\n"
    "  {\"id\":1,\"accept\":true,\"stage\":null,\"class\":null,\"desc\":\"\",\n"
    "   \"param\":null,\"info\":[\"a: index=0,type=tap,...\"],\"warnings\":[],\n"
    "   \"findings\":[]}\n"
    "\n"
    "  accept is whether nothing is wrong. stage, class, desc, param and hint are those of the\n"
    "  first finding; info is what `info network` prints. A line that is no case is answered\n"
    "  too, and makes the exit status 1; otherwise it is 0, whatever the answers are.\n";

}  // namespace qnetdev::cli
