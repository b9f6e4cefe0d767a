// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/request.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace netweir::conntrack {
namespace {

// Of CTA_FILTER_ORIG_FLAGS: which keys of the tuple count. In no header of the UAPI
// (net/netfilter/nf_internals.h).
constexpr std::uint32_t filter_by_protocol = 1U << 3U;

}  // namespace

Status act(int fd, Bytes octets) {
  Request request;
  if (octets.size() != sizeof request) return Error{EINVAL, "conntrack: not a request", {}};
  std::memcpy(&request, octets.data(), sizeof request);

  alignas(nlmsghdr) std::array<char, 128> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8U | IPCTNL_MSG_CT_GET;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* head = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  head->nfgen_family = request.family;
  head->version = NFNETLINK_V0;
  if (request.has_protocol) {
    auto* tuple = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
    auto* proto = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(message, CTA_PROTO_NUM, request.protocol);
    mnl_attr_nest_end(message, proto);
    mnl_attr_nest_end(message, tuple);
    auto* filter = mnl_attr_nest_start(message, CTA_FILTER);
    mnl_attr_put_u32(message, CTA_FILTER_ORIG_FLAGS, filter_by_protocol);
    mnl_attr_put_u32(message, CTA_FILTER_REPLY_FLAGS, 0);
    mnl_attr_nest_end(message, filter);
  }
  if (::send(fd, message, message->nlmsg_len, 0) >= 0) return Ok{};
  const int code = errno;
  return Error{code, "conntrack: list the flows: " + std::generic_category().message(code), {}};
}

}  // namespace netweir::conntrack
