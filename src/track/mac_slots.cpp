// SPDX-License-Identifier: GPL-2.0-or-later
#include "track/mac_slots.h"

#include <cstdint>

namespace netweir::track {

MacSlots::Spot MacSlots::insert(MacBucket& home) noexcept {
  auto* bucket = &home;
  for (;; bucket = &buckets_[bucket->more.own()]) {
    for (unsigned slot = 0; slot < MacBucket::slots; ++slot)
      if (bucket->place[slot].own() == 0) return {bucket, slot};
    if (bucket->more.own() == 0) break;
  }
  auto index = free_;
  if (index == 0) {
    index = ++touched_;
  } else {
    free_ = buckets_[index].more.own();
    buckets_[index].more.write(0);
  }
  bucket->more.write(index);
  return {&buckets_[index], 0};
}

void MacSlots::erase(MacBucket& home, const Spot& spot) noexcept {
  auto& bucket = *spot.bucket;
  bucket.place[spot.slot].write(0);
  bucket.address[spot.slot].write(0);
  if (&bucket == &home) return;
  for (const auto& place : bucket.place)
    if (place.own() != 0) return;
  // None in it: so there are never more of these than entries.
  auto* before = &home;
  while (&buckets_[before->more.own()] != &bucket) before = &buckets_[before->more.own()];
  const auto index = before->more.own();
  before->more.write(bucket.more.own());
  bucket.more.write(free_);
  free_ = index;
}

}  // namespace netweir::track
