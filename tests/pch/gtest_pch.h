// SPDX-License-Identifier: MIT
// Precompiled for every test program: what nearly each of their files includes and what is slow to
// read. Files still include what they use, so that they compile with -Db_pch=false too.
// No #pragma once: the compiler is given this as its main file.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/result.h"
#include "qapi/net_types.h"
