// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/holder.h"

#include <linux/netlink.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace netweir::nflog {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return out;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

/// The words of the next line of `table`, which loses it; nothing at the end.
std::optional<std::vector<std::string_view>> next_line(std::string_view& table) {
  if (table.empty()) return std::nullopt;
  const auto end = std::min(table.find('\n'), table.size());
  auto out = words(table.substr(0, end));
  table.remove_prefix(std::min(end + 1, table.size()));
  return out;
}

std::optional<std::uint64_t> number(std::string_view word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// Whether process `pid` ("self", "123") has the socket open.
bool has_socket(const std::string& pid, std::uint64_t inode) {
  const auto wanted = "socket:[" + std::to_string(inode) + "]";
  std::error_code error;
  std::filesystem::directory_iterator it("/proc/" + pid + "/fd", error);
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    std::error_code gone;
    if (std::filesystem::read_symlink(it->path(), gone) == wanted) return true;
  }
  return false;
}

/// " (process ulogd, pid 12)" where that can be told. A port id is often, but not always, the
/// number of the process that bound it.
std::string process(std::uint32_t port, std::uint64_t inode) {
  if (inode == 0) return {};
  if (has_socket("self", inode)) return " (this very process: another source has the same group)";
  const auto pid = std::to_string(port);
  if (!has_socket(pid, inode)) return {};
  auto name = read_file("/proc/" + pid + "/comm");
  if (const auto end = name.find('\n'); end != std::string::npos) name.resize(end);
  return " (process " + name + ", pid " + pid + ")";
}

}  // namespace

std::optional<std::uint32_t> holder_in(std::string_view table, std::uint16_t group) {
  while (const auto line = next_line(table)) {
    if (line->size() < 2 || number((*line)[0]) != group) continue;
    if (const auto port = number((*line)[1]); port) return static_cast<std::uint32_t>(*port);
  }
  return std::nullopt;
}

std::uint64_t inode_in(std::string_view table, std::uint32_t port) {
  while (const auto line =
             next_line(table)) {  // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
    if (line->size() < 10 || number((*line)[1]) != NETLINK_NETFILTER || number((*line)[2]) != port)
      continue;
    return number((*line)[9]).value_or(0);
  }
  return 0;
}

std::optional<std::uint32_t> holder(Privileged& privileged, const NetnsName& netns,
                                    std::uint16_t group) {
  std::optional<std::uint32_t> port;
  const auto done = privileged.in_namespace(netns, [&] {
    port = holder_in(read_file("/proc/thread-self/net/netfilter/nfnetlink_log"), group);
  });
  if (!done) return std::nullopt;
  return port;
}

Error explain(Error error, Privileged& privileged, const NetnsName& netns, std::uint16_t group) {
  if (error.code == EINVAL || error.code == EOPNOTSUPP || error.code == EPROTONOSUPPORT) {
    error.what += ": this kernel has no nfnetlink_log";
    error.mend = "modprobe nfnetlink_log";
    return error;
  }
  if (error.code != EPERM && error.code != EBUSY) return error;
  if (const auto port = holder(privileged, netns, group); port) {
    std::uint64_t inode = 0;
    const auto done = privileged.in_namespace(
        netns, [&] { inode = inode_in(read_file("/proc/thread-self/net/netlink"), *port); });
    error.what += ": held by port id " + std::to_string(*port);
    if (done) error.what += process(*port, inode);
    error.mend = "stop the program that holds it, or log to another group";
    error.code =
        EBUSY;  // not a lack of permission, though the kernel says so: it may be free later
    return error;
  }
  error.what += ": CAP_NET_ADMIN is missing";
  error.mend = "run as root, or give it CAP_NET_ADMIN";
  return error;
}

}  // namespace netweir::nflog
