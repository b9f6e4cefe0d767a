// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/recorder_state.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "netlink/generic.h"
#include "netlink/link_address.h"
#include "netlink/messages.h"

namespace netweir::run {

bool RecorderState::fits(std::size_t octets) {
  if (octets_ + octets <= most_octets) return true;
  ++left_out_;
  return false;
}

void RecorderState::see(int protocol, Bytes octets) {
  if (protocol != NETLINK_ROUTE && protocol != NETLINK_GENERIC) return;
  (void)netlink::each_message(octets, [&](const netlink::Message& m) {
    // The message with its header, which stands before the payload.
    const auto begin = static_cast<std::size_t>(m.payload.data() - octets.data()) - NLMSG_HDRLEN;
    const auto message = octets.subspan(begin, NLMSG_HDRLEN + m.payload.size());
    if (protocol == NETLINK_ROUTE) {
      const bool of_dump = (m.flags & NLM_F_MULTI) != 0;
      if ((m.flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
      if (m.type == RTM_NEWLINK && of_dump) of_links_ = true;
      if (m.type == NLMSG_DONE && of_dump) end_dump();
      link(message, m.type, m.payload);
      address(message, m.type, m.payload);
    } else if (m.type == netlink::controller) {
      const auto family = netlink::read_family(m.payload);
      if (!family) return;
      const std::string name(family->name);
      if (const auto old = families_.find(name); old != families_.end()) {
        octets_ -= old->second.size();
        families_.erase(old);
      }
      if (family->change == netlink::Family::Change::present && fits(message.size())) {
        octets_ += message.size();
        families_[name].assign(message.begin(), message.end());
      }
    }
  });
}

template <class Key>
void RecorderState::forget(std::map<Key, Kept>& kept, const Key& key) {
  const auto old = kept.find(key);
  if (old == kept.end()) return;
  octets_ -= old->second.message.size();
  kept.erase(old);
}

template <class Key>
void RecorderState::keep(std::map<Key, Kept>& kept, const Key& key, Bytes message,
                         std::uint64_t dump) {
  if (!fits(message.size())) return;
  octets_ += message.size();
  kept[key] = {{message.begin(), message.end()}, dump};
}

template <class Key>
void RecorderState::forget_stale(std::map<Key, Kept>& kept, std::uint64_t dump) {
  std::erase_if(kept, [&](const auto& known) {
    if (known.second.dump == dump) return false;
    octets_ -= known.second.message.size();
    return true;
  });
}

void RecorderState::link(Bytes message, std::uint16_t type, Bytes payload) {
  if (type != RTM_NEWLINK && type != RTM_DELLINK) return;
  ifinfomsg head{};
  if (payload.size() < sizeof head) return;
  std::memcpy(&head, payload.data(), sizeof head);
  if (head.ifi_family != AF_UNSPEC || head.ifi_index <= 0) return;
  const auto index = static_cast<std::uint32_t>(head.ifi_index);
  forget(links_, index);
  if (type == RTM_NEWLINK) return keep(links_, index, message, link_dump_);
  auto it = addresses_.lower_bound({index, {}, 0});
  while (it != addresses_.end() && std::get<0>(it->first) == index) {
    octets_ -= it->second.message.size();
    it = addresses_.erase(it);
  }
}

void RecorderState::address(Bytes message, std::uint16_t type, Bytes payload) {
  if (type != RTM_NEWADDR && type != RTM_DELADDR) return;
  const auto read = netlink::read_link_address(payload);
  if (!read) return;
  const Address key{read->ifindex, read->network.ip, read->network.bits};
  forget(addresses_, key);
  if (type == RTM_NEWADDR) keep(addresses_, key, message, address_dump_);
}

/// What no message has named since the end of the dump before is gone; a dump that changed under
/// the kernel's hands says nothing of that. One without a link is of addresses: there is always
/// `lo`.
void RecorderState::end_dump() {
  if (!interrupted_) {
    if (of_links_) {
      forget_stale(links_, link_dump_);
    } else {
      forget_stale(addresses_, address_dump_);
    }
  }
  ++(of_links_ ? link_dump_ : address_dump_);
  of_links_ = false;
  interrupted_ = false;
}

void RecorderState::each(const std::function<void(int, Bytes)>& each) const {
  for (const auto& [index, link] : links_) each(NETLINK_ROUTE, link.message);
  for (const auto& [key, address] : addresses_) each(NETLINK_ROUTE, address.message);
  for (const auto& [name, message] : families_) each(NETLINK_GENERIC, message);
}

}  // namespace netweir::run
