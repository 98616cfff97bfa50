#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs its arguments in a new network namespace, as root of it. Exit status 77, which meson shows as
# SKIP, if this host does not allow that.
set -u

skip() {
    echo "$0: skipped: $1" >&2
    exit 77
}

[ $# -gt 0 ] || {
    echo "usage: $0 PROGRAM [ARGUMENT]..." >&2
    exit 2
}

command -v unshare >/dev/null || skip "no unshare(1)"
if [ "$(id -u)" -eq 0 ] && unshare --net true 2>/dev/null; then
    set -- unshare --net -- "$@"
elif unshare --user --map-root-user --net true 2>/dev/null; then
    set -- unshare --user --map-root-user --net -- "$@"
else
    skip "no network namespaces: neither as root nor in a user namespace"
fi

[ -c /dev/net/tun ] || skip "no /dev/net/tun"
# Opened as the tests will open it; a node without its driver fails too.
(exec 3<>/dev/net/tun) 2>/dev/null || skip "/dev/net/tun cannot be opened by $(id -un)"

exec "$@"
