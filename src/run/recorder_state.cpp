// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/recorder_state.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "netlink/generic.h"
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
      if ((m.flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
      if (m.type == NLMSG_DONE && (m.flags & NLM_F_MULTI) != 0) end_dump();
      link(message, m.type, m.payload);
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

void RecorderState::link(Bytes message, std::uint16_t type, Bytes payload) {
  if (type != RTM_NEWLINK && type != RTM_DELLINK) return;
  ifinfomsg head{};
  if (payload.size() < sizeof head) return;
  std::memcpy(&head, payload.data(), sizeof head);
  if (head.ifi_family != AF_UNSPEC || head.ifi_index <= 0) return;
  const auto index = static_cast<std::uint32_t>(head.ifi_index);
  if (const auto old = links_.find(index); old != links_.end()) {
    octets_ -= old->second.message.size();
    links_.erase(old);
  }
  if (type == RTM_DELLINK || !fits(message.size())) return;
  octets_ += message.size();
  links_[index] = {{message.begin(), message.end()}, dump_};
}

/// What no message has named since the end of the dump before is gone; a dump that changed under
/// the kernel's hands says nothing of that.
void RecorderState::end_dump() {
  if (!interrupted_) {
    std::erase_if(links_, [this](const auto& known) {
      if (known.second.dump == dump_) return false;
      octets_ -= known.second.message.size();
      return true;
    });
  }
  interrupted_ = false;
  ++dump_;
}

void RecorderState::each(const std::function<void(int, Bytes)>& each) const {
  for (const auto& [index, link] : links_) each(NETLINK_ROUTE, link.message);
  for (const auto& [name, message] : families_) each(NETLINK_GENERIC, message);
}

}  // namespace netweir::run
