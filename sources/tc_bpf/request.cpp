// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/request.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "netlink/acknowledgement.h"

namespace netweir::tc_bpf {
namespace {

tcmsg* put_head(nlmsghdr* message, const Request& request) {
  auto* head = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(tcmsg)));
  head->tcm_family = AF_UNSPEC;
  head->tcm_ifindex = static_cast<int>(request.ifindex);
  return head;
}

void put_qdisc(nlmsghdr* message, const Request& request) {
  const bool add = request.act == Request::Act::add_qdisc;
  message->nlmsg_type = add ? RTM_NEWQDISC : RTM_DELQDISC;
  if (add) message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
  auto* head = put_head(message, request);
  head->tcm_parent = TC_H_CLSACT;
  head->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
  mnl_attr_put_strz(message, TCA_KIND, "clsact");
}

void put_filter(nlmsghdr* message, const Request& request) {
  const bool add = request.act == Request::Act::add_filter;
  message->nlmsg_type = add ? RTM_NEWTFILTER : RTM_DELTFILTER;
  if (add) message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
  auto* head = put_head(message, request);
  head->tcm_parent = request.parent;
  head->tcm_handle = request.handle;
  head->tcm_info = TC_H_MAKE(std::uint32_t{request.priority} << 16, ::htons(ETH_P_ALL));
  mnl_attr_put_strz(message, TCA_KIND, "bpf");
  if (!add) return;
  auto* options = mnl_attr_nest_start(message, TCA_OPTIONS);
  mnl_attr_put_u32(message, TCA_BPF_FD, static_cast<std::uint32_t>(request.program));
  mnl_attr_put_strz(message, TCA_BPF_NAME, request.name.data());
  mnl_attr_put_u32(message, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
  mnl_attr_nest_end(message, options);
}

std::string_view word(Request::Act act) noexcept {
  switch (act) {
    case Request::Act::add_qdisc:
      return "add clsact";
    case Request::Act::delete_qdisc:
      return "delete clsact";
    case Request::Act::add_filter:
      return "add a filter of cls_bpf";
    case Request::Act::delete_filter:
      return "delete a filter of cls_bpf";
  }
  return "";
}

std::string mend(int code, Request::Act act) {
  if (code == EPERM) return "run as root, or give it CAP_BPF and CAP_NET_ADMIN";
  if (code != ENOENT && code != EOPNOTSUPP) return {};
  if (act == Request::Act::add_qdisc) return "modprobe sch_ingress";
  return act == Request::Act::add_filter ? "modprobe cls_bpf" : "";
}

}  // namespace

Status act(int fd, Bytes octets) {
  Request request;
  if (octets.size() != sizeof request) return Error{EINVAL, "tc_bpf: not a request", {}};
  std::memcpy(&request, octets.data(), sizeof request);
  request.name.back() = '\0';
  alignas(nlmsghdr) std::array<char, 512> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  const bool qdisc =
      request.act == Request::Act::add_qdisc || request.act == Request::Act::delete_qdisc;
  if (qdisc) {
    put_qdisc(message, request);
  } else {
    put_filter(message, request);
  }
  const int code =
      ::send(fd, message, message->nlmsg_len, 0) < 0 ? errno : netlink::acknowledged(fd);
  if (code == 0) return Ok{};
  return Error{code, std::string(word(request.act)) + ": " + std::generic_category().message(code),
               mend(code, request.act)};
}

}  // namespace netweir::tc_bpf
