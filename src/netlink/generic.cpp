// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/generic.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "netlink/attributes.h"
#include "netlink/messages.h"
#include "netlink/receiver.h"

namespace netweir::netlink {
namespace {

static_assert(controller == GENL_ID_CTRL && generic_header == GENL_HDRLEN);

constexpr std::size_t slot = 65536;
constexpr int answer_within_ms = 1000;
constexpr int reads_at_most = 16;

std::string_view text(Bytes octets) noexcept {
  const auto* begin = reinterpret_cast<const char*>(octets.data());
  return {begin, octets.empty() ? 0 : ::strnlen(begin, octets.size())};
}

/// CTRL_ATTR_MCAST_GROUPS: a list of nests. False where it is malformed.
bool read_groups(Bytes octets, Family& family) noexcept {
  Attributes list(octets);
  while (list.next()) {
    Attributes fields(list.data());
    Family::Group group;
    while (fields.next()) {
      if (fields.type() == CTRL_ATTR_MCAST_GRP_NAME) group.name = text(fields.data());
      if (fields.type() == CTRL_ATTR_MCAST_GRP_ID)
        group.id = fields.scalar<std::uint32_t>().value_or(0);
    }
    if (!fields.ok()) return false;
    if (family.group_count < family.groups.size()) family.groups[family.group_count++] = group;
  }
  return list.ok();
}

}  // namespace

std::uint32_t Family::group(std::string_view group_name) const noexcept {
  for (std::size_t i = 0; i < group_count; ++i) {
    if (groups[i].name == group_name) return groups[i].id;
  }
  return 0;
}

std::optional<Family> read_family(Bytes payload) noexcept {
  if (payload.size() < generic_header) return std::nullopt;
  Family family;
  if (payload[0] == CTRL_CMD_DELFAMILY) {
    family.change = Family::Change::gone;
  } else if (payload[0] != CTRL_CMD_NEWFAMILY) {
    return std::nullopt;
  }
  Attributes a(payload.subspan(generic_header));
  while (a.next()) {
    switch (a.type()) {
      case CTRL_ATTR_FAMILY_ID:
        family.id = a.scalar<std::uint16_t>().value_or(0);
        break;
      case CTRL_ATTR_FAMILY_NAME:
        family.name = text(a.data());
        break;
      case CTRL_ATTR_VERSION:
        family.version = a.scalar<std::uint32_t>().value_or(0);
        break;
      case CTRL_ATTR_MCAST_GROUPS:
        if (!read_groups(a.data(), family)) return std::nullopt;
        break;
      default:
        break;
    }
  }
  if (!a.ok() || family.name.empty() || family.id == 0) return std::nullopt;
  return family;
}

std::optional<Family> family_in(Bytes datagram, std::string_view name) {
  std::optional<Family> family;
  (void)each_message(datagram, [&](const Message& m) {
    if (m.type != controller) return;
    if (const auto f = read_family(m.payload); f && f->name == name) family = f;
  });
  return family;
}

bool is_gone(Bytes payload, std::string_view name, std::uint16_t id) noexcept {
  const auto f = read_family(payload);
  return f && f->name == name && (f->change == Family::Change::gone || f->id != id);
}

std::vector<std::uint8_t> family_request(std::string_view name, std::uint32_t seq) {
  alignas(nlmsghdr) std::array<char, 128> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = GENL_ID_CTRL;
  message->nlmsg_flags = NLM_F_REQUEST;
  message->nlmsg_seq = seq;
  auto* head = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr)));
  head->cmd = CTRL_CMD_GETFAMILY;
  head->version = 1;
  const std::string bounded(name.substr(0, GENL_NAMSIZ - 1));
  mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, bounded.c_str());
  return {storage.data(), storage.data() + message->nlmsg_len};
}

Result<std::vector<std::uint8_t>> ask_family(int fd, std::string_view name) {
  const auto what = "generic netlink family " + std::string(name);
  const auto request = family_request(name, 1);
  if (::send(fd, request.data(), request.size(), 0) < 0) {
    const int code = errno;
    return Error{code, what + ": " + std::generic_category().message(code), {}};
  }
  Receiver receiver(slot, 1);
  std::vector<std::uint8_t> answer;
  receiver.tap([&](const Receiver::Raw& raw) {
    if (raw.port == 0) answer.assign(raw.octets.begin(), raw.octets.end());
  });
  for (int i = 0; i < reads_at_most; ++i) {
    bool found = false;
    auto read = receiver.read(fd, 1, [&](const Message& m) {
      const auto family = m.type == controller ? read_family(m.payload) : std::nullopt;
      found =
          found || (family && family->change == Family::Change::present && family->name == name);
    });
    if (!read) return std::move(read).error();
    if (found) return answer;
    if (read->error != 0)
      return Error{read->error, what + ": " + std::generic_category().message(read->error), {}};
    if (!read->empty) continue;
    pollfd p{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&p, 1, answer_within_ms) <= 0) break;
  }
  return Error{ETIMEDOUT, what + ": the kernel does not answer", {}};
}

}  // namespace netweir::netlink
