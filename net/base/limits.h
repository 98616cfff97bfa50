// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>

/// Every size that a user or peer can make us allocate, and every wait, in one place.
namespace qnetdev::limits {

/// Queues of one tap interface: MAX_TAP_QUEUES in the kernel's drivers/net/tun.c.
inline constexpr unsigned kTapQueues = 256;

/// Bytes of an interface name, its NUL included: IFNAMSIZ in <linux/if.h>.
inline constexpr std::size_t kInterfaceName = 16;

/// Characters of an interface's alias: IFALIASZ - 1 in <linux/if.h>.
inline constexpr std::size_t kInterfaceAlias = 255;

/// Bytes of one `-netdev` argument, netdev_add object or batch line.
inline constexpr std::size_t kArgumentBytes = std::size_t{64} << 20;

/// Nesting of arrays and objects in JSON input: as deep as QEMU's QMP takes it.
inline constexpr std::size_t kJsonDepth = 1024;

/// JSON tokens of one value: as many as QEMU's QMP takes in a message.
inline constexpr std::size_t kJsonTokens = std::size_t{2} << 20;

/// Different option names of one keyval argument, and objects above them: more than any type has.
inline constexpr std::size_t kKeyNames = std::size_t{1} << 18;

/// Bytes of an option name fragment between dots (keyval grammar).
inline constexpr std::size_t kKeyFragment = 127;

/// Characters of the part of a client's `info network` line behind its type.
inline constexpr std::size_t kInfoText = 255;

/// Output of a script or helper kept for an error message; the rest is read and dropped.
inline constexpr std::size_t kChildOutput = 4096;

/// Bytes of a line that shows a system call; on standard error, "trace: " and a newline are added.
/// And how long one such line waits for whoever reads standard error.
inline constexpr std::size_t kTraceLine = 504;
inline constexpr std::chrono::milliseconds kTracePatience{100};

/// How long a script or helper may run, unless NetContextOptions says otherwise.
inline constexpr std::chrono::seconds kScriptTimeout{30};

/// How long we wait for a script or helper, and for the processes it started, once they are killed.
inline constexpr std::chrono::milliseconds kKilledChildTimeout{1000};

/// How long bring-up waits for an interface of the same name that is being removed.
inline constexpr std::chrono::seconds kInterfaceGoneTimeout{5};

/// Words of a `helper=` text, and bytes of it before it is split. The kernel takes no longer
/// argument of a program: MAX_ARG_STRLEN in <linux/binfmts.h>.
inline constexpr std::size_t kHelperWords = 64;
inline constexpr std::size_t kHelperText = std::size_t{128} << 10;

/// Bytes of a script's path: the kernel takes no longer one.
inline constexpr std::size_t kScriptPath = PATH_MAX - 1;

/// What the set-uid bridge helper takes from its command line and its access file. All of it is
/// read into fixed buffers: the helper allocates nothing by itself.
namespace bridge_helper {

/// Arguments, and bytes of one of them.
inline constexpr std::size_t kArguments = 32;
inline constexpr std::size_t kArgumentBytes = 256;

/// Bytes of one line of an access file. QEMU's helper reads longer lines as several of this size.
inline constexpr std::size_t kAclLine = 4095;

/// Bytes of one access file.
inline constexpr std::size_t kAclFile = std::size_t{256} << 10;

/// Access files that include one another, and files read in all.
inline constexpr unsigned kAclDepth = 8;
inline constexpr unsigned kAclFiles = 64;

/// Largest `mtu` of an access file: that of a tap is less (MAX_MTU in the kernel's
/// drivers/net/tun.c).
inline constexpr unsigned long kMtu = 65535;

/// Largest `max-ports` of an access file: BR_MAX_PORTS - 1 in the kernel's net/bridge/br_private.h.
inline constexpr unsigned long kPorts = 1023;

/// Ports of a bridge that one user's taps may be where no rule says so: eight users fill a bridge.
inline constexpr unsigned long kDefaultPorts = 128;

/// Bytes of /etc/passwd and /etc/group that are searched for a name.
inline constexpr std::size_t kIdFile = std::size_t{16} << 20;

/// Supplementary groups of a caller: NGROUPS_MAX in <linux/limits.h>.
inline constexpr std::size_t kGroups = 65536;

/// Bytes of the reason that a refusing helper sends to its parent.
inline constexpr std::size_t kReason = 1024;

}  // namespace bridge_helper

/// How long a bridge without STP may take to let a new port forward.
inline constexpr std::chrono::milliseconds kForwardingGrace{1000};

/// Longest time that the STP of a bridge may take; its own limit is 2 * 30 s.
inline constexpr std::chrono::seconds kForwardingLimit{61};

/// Threads that close the descriptors of removed netdevs; and at most, with those that run what
/// comes before it: down scripts wait, so that one does not wait for another.
inline constexpr unsigned kReaperThreads = 16;
inline constexpr unsigned kReaperScriptThreads = 512;

/// How often a down script that the kernel has no room for, since others run, is tried again.
inline constexpr std::chrono::milliseconds kScriptRetry{20};

/// How long removals are collected, so that many of them are done as one.
inline constexpr std::chrono::milliseconds kReaperDelay{5};

/// Threads that close what the clients of one monitor have sent; how many such descriptors may wait
/// for them, of one monitor and of one client, before no more are taken; when that is looked at
/// again; and how long the end of a monitor waits for them. As many threads close the connections
/// of all monitors, and as many connections of one may wait for those.
inline constexpr unsigned kDisposerThreads = 4;
inline constexpr std::size_t kDisposedFds = 512;
inline constexpr std::size_t kDisposedFdsOfClient = 256;
inline constexpr std::chrono::milliseconds kDisposerRetry{20};
inline constexpr std::chrono::milliseconds kDisposerGrace{200};

/// Threads that have ended but for the sockets they close: those linger for nobody, so that a
/// thread is one for more than a moment only if some driver makes it wait.
inline constexpr std::size_t kExitingThreads = 64;

/// Threads that set netdevs up whose scripts, helpers or interfaces have to be waited for: as many
/// as the clients of four full monitors (kMonitorClients) need, a client having one command at a
/// time under way. With more, commands wait for one another.
inline constexpr unsigned kWorkerThreads = 256;

/// Queues of a tap that are opened at once; more of them are left to a thread.
inline constexpr unsigned kQueuesOpenedAtOnce = 16;

/// Taps of one name that are made before we give up because a stranger got into each of them in its
/// first moment. Two of them who wait for it in a loop win less than every other time.
inline constexpr int kTapClaims = 10;

/// Frames that a client holds back for a peer that cannot take them now.
inline constexpr std::size_t kQueuedPackets = 1024;

/// Frames taken from a tap for each wake-up, so that one busy queue cannot starve the others.
inline constexpr int kPacketsPerWakeup = 50;

/// Largest frame: 64 KiB of segment, and 4 KiB for headers; QEMU's buffer has the same size.
inline constexpr std::size_t kPacketBytes = 69632;

/// Pairs of queues of a virtio-net card: with the control queue there are at most 1024 rings.
inline constexpr unsigned kVirtioNetPairs = 511;

/// What a guest may fill a virtio-net card's tables with: addresses of both kinds together, VLAN
/// ids, and queues that flows are spread over.
inline constexpr std::size_t kFilterAddresses = 64;
inline constexpr std::size_t kVlans = 4096;
inline constexpr std::size_t kSteeringTable = 128;

/// Frames that a card takes out of a transmit ring in one go, and control commands, before others
/// get their turn; and rings' buffers that one received frame may be spread over.
inline constexpr int kTransmitBurst = 256;
inline constexpr int kControlBurst = 64;
inline constexpr std::size_t kMergedBuffers = 1024;

/// Pieces of a frame that clients hand on as they are; more of them are copied into one.
inline constexpr std::size_t kFramePieces = 64;

/// Bytes taken from a monitor's client with one read.
inline constexpr std::size_t kMonitorRead = std::size_t{64} << 10;

/// Bytes of a line that a human monitor takes.
inline constexpr std::size_t kMonitorLine = std::size_t{64} << 10;

/// Commands of one client that wait for the one before them: as many as QEMU keeps of a client
/// that enabled `oob`.
inline constexpr std::size_t kMonitorQueue = 8;

/// Bytes of those commands, before no further one is looked at. A message that is alone in the
/// queue may have more.
inline constexpr std::size_t kMonitorQueueBytes = std::size_t{16} << 20;

/// Answers that a client has not taken, in bytes, before its next command is looked at.
inline constexpr std::size_t kMonitorOutput = std::size_t{1} << 20;

/// Answers and events that a client has not taken, in bytes, before it is cut off.
inline constexpr std::size_t kMonitorBacklog = std::size_t{16} << 20;

/// How long one client's commands are executed before others get their turn.
inline constexpr std::chrono::microseconds kMonitorSlice{1000};

/// Clients of one monitor at a time.
inline constexpr std::size_t kMonitorClients = 64;

/// How long one of them that has not begun (no negotiation, no line) keeps its place if another
/// client needs it. A program negotiates at once; nobody is cut off while there are places.
inline constexpr std::chrono::seconds kMonitorSilence{5};

/// Descriptors that a monitor holds by name, and that all sets hold together.
inline constexpr std::size_t kHeldFds = 4096;

/// Parameters of announce-self: time between two announcements, their number, and how many timers.
inline constexpr std::chrono::milliseconds kAnnounceInterval{100'000};
inline constexpr std::int64_t kAnnounceRounds = 1000;
inline constexpr std::size_t kAnnounceTimers = 64;

}  // namespace qnetdev::limits
