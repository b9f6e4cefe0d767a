// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/sysctls.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <utility>

#include "os/fd.h"
#include "os/shell.h"

namespace netweir::conntrack {
namespace {

constexpr std::string_view prefix = "net.netfilter.nf_conntrack_";

template <class T>
std::optional<T> read(const char* name) {
  const auto path = std::string("/proc/sys/net/netfilter/nf_conntrack_") + name;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 32> text{};
  const auto n = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  T value{};
  if (n <= 0 || std::from_chars(text.data(), text.data() + n, value).ec != std::errc{})
    return std::nullopt;
  return value;
}

/// What runs a command in the namespace.
std::string inside(std::string_view netns) {
  if (netns.empty()) return {};
  if (netns.find('/') == std::string_view::npos) return "ip netns exec " + shell_word(netns) + " ";
  return "nsenter --net=" + shell_word(netns) + " ";
}

struct Lack {
  std::string_view name;
  int value;
  std::string_view what;
};

/// What is off, of what should be on.
std::vector<Lack> lacks(const Sysctls& s) {
  std::vector<Lack> out;
  if (s.acct == 0) out.push_back({"acct", 0, "no packets and bytes"});
  if (s.timestamp == 0) out.push_back({"timestamp", 0, "no times from the kernel"});
  if (s.events == 0) out.push_back({"events", 0, "no events at all: only listings show flows"});
  if (s.events == 2)
    out.push_back({"events", 2, "no events of flows that are older than the first listener"});
  return out;
}

/// The command that switches on all that is off.
std::string mend(const std::vector<Lack>& lacks, std::string_view netns) {
  std::string command = inside(netns) + "sysctl -w";
  for (const auto& lack : lacks)
    command += " " + std::string(prefix) + std::string(lack.name) + "=1";
  return command;
}

}  // namespace

Sysctls read_sysctls(Privileged& privileged, const NetnsName& netns) {
  Sysctls s;
  (void)privileged.in_namespace(netns, [&s] {
    s.acct = read<int>("acct");
    s.timestamp = read<int>("timestamp");
    s.events = read<int>("events");
    s.count = read<long>("count");
    s.max = read<long>("max");
  });
  return s;
}

std::string advice(const Sysctls& sysctls, std::string_view netns) {
  const auto off = lacks(sysctls);
  if (off.empty()) return {};
  std::string what;
  for (const auto& lack : off) {
    what += what.empty() ? "" : ", ";
    what += lack.what;
  }
  return "the kernel gives " + what + "; try: " + mend(off, netns);
}

std::vector<FindingList> findings(const Place& place, Privileged& privileged) {
  FindingList values{"sysctls"};
  FindingList suggestions{"suggestions"};
  const auto s = read_sysctls(privileged, NetnsName::from(place.netns));
  const auto off = lacks(s);
  const auto where =
      place.netns.empty() ? std::string() : "netns " + std::string(place.netns) + ": ";
  const auto add = [&](std::string_view name, std::optional<std::int64_t> value) {
    if (!value) return;
    const auto key = std::string(prefix) + std::string(name);
    Finding f{where + key + " = " + std::to_string(*value), {{"name", key}, {"value", *value}}};
    for (const auto& lack : off) {
      if (lack.name != name) continue;
      f.text += ": " + std::string(lack.what);
      f.fields.emplace_back("lacks", std::string(lack.what));
    }
    if (!place.netns.empty()) f.fields.emplace_back("netns", std::string(place.netns));
    values.items.push_back(std::move(f));
  };
  add("acct", s.acct);
  add("timestamp", s.timestamp);
  add("events", s.events);
  add("count", s.count);
  add("max", s.max);
  const auto suggest = [&](const std::string& why, std::string command) {
    suggestions.items.push_back({where + why + command, {{"command", std::move(command)}}});
  };
  if (!off.empty()) suggest("for all of it: ", mend(off, place.netns));
  if (s.count == 0)
    suggest("nothing is tracked: a rule must look at the state of connections, such as ",
            inside(place.netns) +
                "nft 'table inet track { chain c { type filter hook prerouting priority 0; "
                "ct state new counter; }; }'");
  return {std::move(values), std::move(suggestions)};
}

}  // namespace netweir::conntrack
