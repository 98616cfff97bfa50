#!/bin/sh
# SPDX-License-Identifier: MIT
# Holds a tap for as long as a command runs, by a monitor of `qnetdev run`:
#     qmp.sh FOLDER COMMAND...
# FOLDER is for the monitor's socket. The command finds the tap's name in $IFNAME.
set -eu

folder=$1
shift
socket=$folder/qmp

qnetdev run -qmp "unix:$socket,server=on,wait=off" &
holder=$!
trap 'kill "$holder" 2>/dev/null; wait "$holder" || true' EXIT
until [ -S "$socket" ]; do
    kill -0 "$holder" # ends here if it could not start
    sleep 0.05
done

# Each word KEY=VALUE becomes what the schema wants there.
qnetdev monitor "$socket" --exec 'netdev_add type=tap id=hn0 queues=2 script=no downscript=no'
IFNAME=$(qnetdev monitor "$socket" --exec 'query-netdev id=hn0' |
    sed -n 's/.*"ifname": "\([^"]*\)".*/\1/p' | head -n 1)
export IFNAME
"$@"

qnetdev monitor "$socket" --exec 'netdev_del id=hn0'
