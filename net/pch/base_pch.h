// SPDX-License-Identifier: MIT
// Precompiled for libraries with many files: what most of these include and what is slow to read.
// Files still include what they use, so that they compile with -Db_pch=false too.
// No #pragma once: the compiler is given this as its main file.

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/result.h"
