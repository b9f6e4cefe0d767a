// SPDX-License-Identifier: GPL-2.0-or-later
// What sample.bpf.c and the source share. C as well as C++.
#pragma once

#include <linux/types.h>

enum {
  netweir_tc_egress = 1,  ///< taken on the way out
  netweir_tc_tagged = 2   ///< vlan_tpid and vlan_tci are those of a tag beside the octets
};

/// The head of a record in the ring buffer; `captured` octets of the packet follow, then whatever
/// lay there before. Host order, save where said.
struct NetweirTcRecord {
  __u64 at;       ///< CLOCK_BOOTTIME, nanoseconds
  __u32 ifindex;  ///< of the interface whose hook it passed
  __u32 length;   ///< octets of the packet, without a tag beside it
  __u32 captured;
  __u32 one_in;  ///< it was chosen as one of so many
  __u32 mark;    ///< skb->mark
  __u32 hash;    ///< skb->hash; 0 = none
  __u16 queue;   ///< skb->queue_mapping
  __u16 flags;
  __u16 protocol;   ///< skb->protocol, network order
  __u16 vlan_tpid;  ///< skb->vlan_proto, network order
  __u16 vlan_tci;
  __u16 reserved[3];
};

/// What one processor counts, on a cache line of its own. Every packet that is chosen gets into the
/// ring or is one of `lost`.
struct NetweirTcCounts {
  __u64 chosen;
  __u64 lost;
  __u64 reserved[6];
};

enum { netweir_tc_slots = 256 };  ///< of counts; processors share them where there are more
