// SPDX-License-Identifier: MIT
#pragma once

/// Marks what libqnetdev exports; everything else is hidden.
#define QNETDEV_API __attribute__((visibility("default")))
