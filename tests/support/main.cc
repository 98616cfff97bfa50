// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/support/leak_listener.h"

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    // The list owns it. First, so that the printer behind it sees the failures that it adds.
    ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
    listeners.Append(new qnetdev::test::LeakListener);
    return RUN_ALL_TESTS();
}
