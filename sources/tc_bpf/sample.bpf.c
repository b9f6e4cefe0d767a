// SPDX-License-Identifier: GPL-2.0-or-later
// Runs in the kernel for every packet that passes the hook: one in N gets into the ring buffer, or
// is counted as lost. It reads struct __sk_buff alone, which is part of the kernel's ABI, so that
// one object serves every kernel from Linux 5.8 on: libbpf has no field to relocate, and needs no
// BTF of the running kernel.

// Each of these needs the one before.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "record.h"
// clang-format on

char _license[] SEC("license") = "GPL";

// Set before it is loaded: constants for the verifier, which leaves out what they switch off.
const volatile __u32 snaplen = 256;
const volatile __u32 sample_rate = 1;
const volatile __u32 rate_by_interface = 0;

__u32 off = 0;    // set by the source before it drains for the last time
__u32 quiet = 0;  // nobody waits for the ring: the source looks by itself
struct NetweirTcCounts counts[netweir_tc_slots] = {};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 23);
} ring SEC(".maps");

// Of the interfaces whose rate is another than sample_rate, by ifindex.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u32);
} rates SEC(".maps");

// The verifier wants the size of a record to be a constant; several of them keep small packets
// small.
static __always_inline int put(struct __sk_buff* skb, __u32 room, __u32 captured, __u32 one_in,
                               __u16 flags) {
  struct NetweirTcRecord* r = bpf_ringbuf_reserve(&ring, sizeof(*r) + room, 0);
  if (!r) return 0;
  r->at = bpf_ktime_get_boot_ns();
  r->ifindex = skb->ifindex;
  r->length = skb->len;
  r->captured = captured;
  r->one_in = one_in;
  r->mark = skb->mark;
  r->hash = skb->hash;
  r->queue = (__u16)skb->queue_mapping;
  r->flags = flags;
  r->protocol = (__u16)skb->protocol;
  r->vlan_tpid = 0;
  r->vlan_tci = 0;
  if (skb->vlan_present) {
    r->flags |= netweir_tc_tagged;
    r->vlan_tpid = (__u16)skb->vlan_proto;
    r->vlan_tci = (__u16)skb->vlan_tci;
  }
  // Bounded where the verifier sees it; to the compiler, which knows that captured <= room, it is
  // opaque.
  __u64 last = (__u64)captured - 1;
  asm volatile("" : "+r"(last));
  if (last >= room || bpf_skb_load_bytes(skb, 0, r + 1, (__u32)(last + 1)) != 0) {
    bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
    return 0;
  }
  // Read after bpf_ringbuf_reserve(): who clears it and then looks finds the record.
  bpf_ringbuf_submit(r, *(volatile __u32*)&quiet ? BPF_RB_NO_WAKEUP : 0);
  return 1;
}

static __always_inline int sample(struct __sk_buff* skb, __u16 flags) {
  __u32 one_in = sample_rate;
  if (*(volatile __u32*)&off) return -1;
  if (rate_by_interface) {
    __u32 key = skb->ifindex;
    const __u32* own = bpf_map_lookup_elem(&rates, &key);
    if (own) one_in = *own;
  }
  if (one_in > 1 && ((__u64)bpf_get_prandom_u32() * one_in) >> 32 != 0) return -1;

  // Atomic, as a processor that is preempted here may be in another packet meanwhile.
  struct NetweirTcCounts* count = &counts[bpf_get_smp_processor_id() & (netweir_tc_slots - 1)];
  __sync_fetch_and_add(&count->chosen, 1);
  const __u32 captured = skb->len < snaplen ? skb->len : snaplen;
  int kept;
  if (captured <= 64)
    kept = put(skb, 64, captured, one_in, flags);
  else if (snaplen > 128 && captured <= 128)
    kept = put(skb, 128, captured, one_in, flags);
  else if (snaplen > 512 && captured <= 512)
    kept = put(skb, 512, captured, one_in, flags);
  else if (snaplen > 2048 && captured <= 2048)
    kept = put(skb, 2048, captured, one_in, flags);
  else
    kept = put(skb, snaplen, captured, one_in, flags);
  if (!kept) __sync_fetch_and_add(&count->lost, 1);
  return -1;  // TC_ACT_UNSPEC, TCX_NEXT: whoever comes next decides
}

SEC("tc")
int netweir_ingress(struct __sk_buff* skb) { return sample(skb, 0); }

SEC("tc")
int netweir_egress(struct __sk_buff* skb) { return sample(skb, netweir_tc_egress); }
