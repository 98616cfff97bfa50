// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "net/api.h"
#include "net/event_loop.h"
#include "net/result.h"

struct _GMainContext;

namespace qnetdev {

/// An EventLoop on a GMainContext (null: the default one), which the caller iterates; for programs
/// that have GLib's loop anyway (`pkg-config qnetdev-glib`).
///
/// All descriptors share one epoll instance and one GSource: an iteration costs the same with one
/// watch as with a thousand. Keeps a reference to the context. Fails if the process is out of
/// descriptors.
QNETDEV_API Result<std::unique_ptr<EventLoop>> glib_event_loop(_GMainContext* context);

}  // namespace qnetdev
