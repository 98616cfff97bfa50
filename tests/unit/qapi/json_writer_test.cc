// SPDX-License-Identifier: MIT
#include "qapi/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace qnetdev::qapi {
namespace {

TEST(JsonWriter, SetsCommasByItself) {
    JsonWriter writer;
    writer.begin_object();
    writer.key("a");
    writer.begin_list();
    writer.number(std::int64_t{-1});
    writer.number(UINT64_MAX);
    writer.begin_object();
    writer.end_object();
    writer.end_list();
    writer.key("b");
    writer.boolean(true);
    writer.key("c");
    writer.null();
    writer.end_object();
    EXPECT_EQ(writer.text(), R"({"a":[-1,18446744073709551615,{}],"b":true,"c":null})");
}

TEST(JsonWriter, WritesPureAscii) {
    JsonWriter writer;
    writer.string("\"\\/\b\f\n\r\t\x01\x7fé😀\xc0\x80");
    EXPECT_EQ(writer.text(), R"("\"\\/\b\f\n\r\t\u0001\u007F\u00E9\uD83D\uDE00\u0000")");
    EXPECT_FALSE(writer.is_lossy());
}

TEST(JsonWriter, ReplacesBrokenBytesAndTellsSo) {
    JsonWriter writer;
    writer.string("a\xff");
    EXPECT_EQ(writer.text(), R"("a\uFFFD")");
    EXPECT_TRUE(writer.is_lossy());
}

TEST(JsonWriter, WritesTheShortestReal) {
    JsonWriter writer;
    writer.begin_list();
    writer.real(0.1);
    writer.real(1e300);
    writer.real(std::numeric_limits<double>::infinity());
    writer.end_list();
    EXPECT_EQ(writer.text(), "[0.1,1e+300,null]");
}

}  // namespace
}  // namespace qnetdev::qapi
