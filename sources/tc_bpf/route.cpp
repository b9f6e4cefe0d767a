// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/route.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "netlink/attributes.h"
#include "tc_bpf/request.h"

namespace netweir::tc_bpf {
namespace {

constexpr int attempts = 3;
constexpr std::size_t filters_at_most = 4096;

template <class T>
Bytes octets_of(const T& value) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

/// The header before the attributes of a message; nothing where it is too short.
template <class Header>
std::optional<Header> head_of(Bytes payload) noexcept {
  Header head;
  if (payload.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, payload.data(), sizeof head);
  return head;
}

std::string text_of(Bytes data) {
  const auto* text = reinterpret_cast<const char*>(data.data());
  return {text, ::strnlen(text, data.size())};
}

std::optional<Interface> read_interface(Bytes payload) {
  const auto head = head_of<ifinfomsg>(payload);
  if (!head || head->ifi_index <= 0) return std::nullopt;
  Interface found{static_cast<std::uint32_t>(head->ifi_index), {}, head->ifi_type};
  netlink::Attributes a(payload.subspan(sizeof(ifinfomsg)));
  while (a.next()) {
    if (a.type() == IFLA_IFNAME) found.name = text_of(a.data());
  }
  if (!a.ok() || found.name.empty()) return std::nullopt;
  return found;
}

std::optional<Filter> read_filter(Bytes payload) {
  const auto head = head_of<tcmsg>(payload);
  if (!head) return std::nullopt;
  Filter found{static_cast<std::uint16_t>(head->tcm_info >> 16), head->tcm_handle, {}};
  bool bpf = false;
  Bytes options;
  netlink::Attributes a(payload.subspan(sizeof(tcmsg)));
  while (a.next()) {
    if (a.type() == TCA_KIND) bpf = text_of(a.data()) == "bpf";
    if (a.type() == TCA_OPTIONS) options = a.data();
  }
  if (!bpf) return found;
  netlink::Attributes o(options);
  while (o.next()) {
    if (o.type() == TCA_BPF_NAME) found.name = text_of(o.data());
  }
  return found;
}

}  // namespace

int Route::dump(std::uint16_t type, Bytes header, const netlink::Receiver::Each& each) {
  alignas(nlmsghdr) std::array<char, 256> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = type;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message->nlmsg_seq = ++sequence_;
  std::memcpy(mnl_nlmsg_put_extra_header(message, header.size()), header.data(), header.size());
  if (type == RTM_GETLINK) mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  if (::send(fd_.get(), message, message->nlmsg_len, 0) < 0) return errno;
  bool interrupted = false;
  for (;;) {
    auto read = receiver_.read(fd_.get(), 1, each);
    if (!read) return read.error().code;
    interrupted = interrupted || read->interrupted;
    if (read->error != 0) return read->error;
    if (read->done) return interrupted ? EINTR : 0;
    if (read->empty) return EPROTO;
  }
}

Result<std::vector<Interface>> Route::interfaces() {
  std::vector<Interface> found;
  int code = EINTR;
  for (int i = 0; i < attempts && code == EINTR; ++i) {
    found.clear();
    code = dump(RTM_GETLINK, octets_of(ifinfomsg{}), [&](const netlink::Message& m) {
      if (m.type != RTM_NEWLINK) return;
      if (auto one = read_interface(m.payload)) found.push_back(*std::move(one));
    });
  }
  if (code == 0) return found;
  return Error{code, "list the interfaces: " + std::generic_category().message(code), {}};
}

std::string Route::qdisc(std::uint32_t ifindex) {
  alignas(nlmsghdr) std::array<char, 256> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = RTM_GETQDISC;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ECHO;  // else the answer goes to RTNLGRP_TC alone
  message->nlmsg_seq = ++sequence_;
  auto* head = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(tcmsg)));
  head->tcm_ifindex = static_cast<int>(ifindex);
  head->tcm_parent = TC_H_CLSACT;  // the same number as TC_H_INGRESS
  std::string kind;
  if (::send(fd_.get(), message, message->nlmsg_len, 0) < 0) return kind;
  (void)receiver_.read(fd_.get(), 1, [&](const netlink::Message& m) {
    if (m.type != RTM_NEWQDISC || m.payload.size() < sizeof(tcmsg)) return;
    netlink::Attributes a(m.payload.subspan(sizeof(tcmsg)));
    while (a.next()) {
      if (a.type() == TCA_KIND) kind = text_of(a.data());
    }
  });
  return kind;
}

std::vector<Filter> Route::filters(std::uint32_t ifindex, Direction direction) {
  std::vector<Filter> found;
  tcmsg head{};
  head.tcm_ifindex = static_cast<int>(ifindex);
  head.tcm_parent = parent_of(direction);
  (void)dump(RTM_GETTFILTER, octets_of(head), [&](const netlink::Message& m) {
    if (m.type != RTM_NEWTFILTER || found.size() >= filters_at_most) return;
    if (auto one = read_filter(m.payload)) found.push_back(*std::move(one));
  });
  return found;
}

}  // namespace netweir::tc_bpf
