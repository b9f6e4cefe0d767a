// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/traffic_control.h"

#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "netlink/link_table.h"
#include "netlink/receiver.h"

namespace netweir::psample {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t slot = 65536;  // a dump's datagrams have at most 32 KiB
constexpr std::size_t qdiscs_at_most = 65536;
constexpr int attempts = 3;

struct Asked {
  std::int32_t ifindex = 0;
  Hook hook{};
};

/// One question after the other on one socket.
class Dumps {
 public:
  Dumps(int fd, Clock::time_point end) : fd_(fd), end_(end), receiver_(slot, 1) {}

  /// Nothing to answer (no such feature) is no error. False: time is over.
  template <class Header>
  Result<bool> dump(std::uint16_t type, const Header& header, const netlink::Receiver::Each& each) {
    std::array<char, NLMSG_SPACE(sizeof header)> octets{};
    nlmsghdr h{};
    h.nlmsg_len = NLMSG_LENGTH(sizeof header);
    h.nlmsg_type = type;
    h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    h.nlmsg_seq = ++sequence_;
    std::memcpy(octets.data(), &h, sizeof h);
    std::memcpy(octets.data() + NLMSG_HDRLEN, &header, sizeof header);
    if (::send(fd_, octets.data(), octets.size(), 0) < 0) return failed(errno);
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
      if (left <= 0) return false;
      auto read = receiver_.read(fd_, 1, each);
      if (!read) return std::move(read).error();
      interrupted = interrupted || read->interrupted;
      if (read->error == EOPNOTSUPP) return true;
      if (read->error != 0) return failed(read->error);
      if (read->done) return true;
      if (!read->empty) continue;
      pollfd p{.fd = fd_, .events = POLLIN, .revents = 0};
      (void)::poll(&p, 1, static_cast<int>(left));
    }
  }

  bool interrupted = false;  ///< what a dump told changed meanwhile

 private:
  static Error failed(int code) {
    return {code, "list the rules of tc: " + std::generic_category().message(code), {}};
  }
  int fd_;
  Clock::time_point end_;
  netlink::Receiver receiver_;
  std::uint32_t sequence_ = 0;
};

/// The names of the interfaces now.
class Names {
 public:
  Result<bool> fill(Dumps& dumps) {
    table_.begin_dump({});
    auto done = dumps.dump(RTM_GETLINK, ifinfomsg{}, [&](const netlink::Message& m) {
      (void)table_.message({}, m.type, m.payload);
    });
    table_.end_dump({});
    return done;
  }
  std::string of(std::int32_t ifindex) {
    const auto index = static_cast<std::uint32_t>(ifindex);
    const auto name = table_.view(table_.scope({}).by_index(index)).name;
    return name.empty() ? "interface " + std::to_string(index) : std::string(name);
  }

 private:
  netlink::LinkTable table_;
};

Result<TrafficControl> list_once(Dumps& dumps) {
  TrafficControl found;
  Names names;
  auto done = names.fill(dumps);
  if (!done) return std::move(done).error();
  std::vector<Asked> asked;
  if (*done) {
    done = dumps.dump(RTM_GETQDISC, tcmsg{}, [&](const netlink::Message& m) {
      if (m.type != RTM_NEWQDISC) return;
      const auto qdisc = read_qdisc(m.payload);
      if (!qdisc) return;
      const auto where = hooks(*qdisc);
      if (where.count > 0 && where.at[0].ingress) found.ready.insert(names.of(qdisc->ifindex));
      for (std::size_t i = 0; i < where.count; ++i) {
        if (asked.size() < qdiscs_at_most)
          asked.push_back({qdisc->ifindex, where.at[i]});
        else
          found.whole = false;
      }
    });
    if (!done) return std::move(done).error();
  }
  std::array<Rule, actions_at_most> rules;
  for (const auto& one : asked) {
    if (!*done) break;
    tcmsg header{};
    header.tcm_ifindex = one.ifindex;
    header.tcm_parent = one.hook.parent;
    const auto name = names.of(one.ifindex);
    done = dumps.dump(RTM_GETTFILTER, header, [&](const netlink::Message& m) {
      if (m.type != RTM_NEWTFILTER) return;
      const auto count = read_rules(m.payload, rules);
      if (!count) {
        ++found.unread;
        return;
      }
      for (std::size_t i = 0; i < *count; ++i) {
        if (found.rules.size() < rules_at_most)
          found.rules.push_back({name, one.hook.ingress, rules[i]});
        else
          found.whole = false;
      }
    });
    if (!done) return std::move(done).error();
  }
  found.whole = found.whole && *done;
  return found;
}

}  // namespace

Result<TrafficControl> list_rules(int route, std::chrono::milliseconds within) {
  Dumps dumps(route, Clock::now() + within);
  for (int i = 1;; ++i) {
    dumps.interrupted = false;
    auto found = list_once(dumps);
    if (!found || !dumps.interrupted || !found->whole || i == attempts) return found;
  }
}

}  // namespace netweir::psample
