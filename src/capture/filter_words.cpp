// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "capture/filter.h"

namespace netweir::capture {
namespace {

// The words of pcap-filter(7). After those of `of_hosts` a name is a host's or network's again,
// after those of `of_lists` it is looked up in local lists (services, protocols) or in libpcap
// itself.
constexpr std::string_view of_lists =
    " port portrange proto protochain type subtype direction dir on ifname reason rset rulenum "
    "ruleset rnum srnr subrulenum action ";
constexpr std::string_view of_hosts =
    " host net gateway src dst ra ta addr1 addr2 addr3 addr4 ether link ppp slip fddi tr wlan arp "
    "rarp "
    "ip ip6 sctp tcp udp icmp icmp6 igmp igrp pim vrrp carp ah esp atalk aarp decnet lat moprc "
    "mopdl "
    "iso esis es-is isis is-is clnp stp ipx netbeui radio sca ";
constexpr std::string_view others =
    " mask less greater byte broadcast multicast and or not len length inbound outbound ifindex "
    "vlan "
    "mpls pppoed pppoes geneve llc l1 l2 iih lsp snp csnp psnp lane metac bcc ilmic oamf4ec "
    "oamf4sc "
    "oam oamf4 connectmsg metaconnect vpi vci sc i s u rr rnr rej ui ua disc sabme xid test dm "
    "frmr "
    "fisu lssu lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls "
    "tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr "
    "icmp-echoreply icmp-unreach icmp-sourcequench icmp-redirect icmp-echo icmp-routeradvert "
    "icmp-routersolicit icmp-timxceed icmp-paramprob icmp-tstamp icmp-tstampreply icmp-ireq "
    "icmp-ireqreply icmp-maskreq icmp-maskreply "
    "icmp6-destinationunreach icmp6-packettoobig icmp6-timeexceeded icmp6-parameterproblem "
    "icmp6-echo "
    "icmp6-echoreply icmp6-multicastlistenerquery icmp6-multicastlistenerreportv1 "
    "icmp6-multicastlistenerdone icmp6-routersolicit icmp6-routeradvert icmp6-neighborsolicit "
    "icmp6-neighboradvert icmp6-redirect icmp6-routerrenum icmp6-nodeinformationquery "
    "icmp6-nodeinformationresponse icmp6-ineighbordiscoverysolicit icmp6-ineighbordiscoveryadvert "
    "icmp6-multicastlistenerreportv2 icmp6-homeagentdiscoveryrequest icmp6-homeagentdiscoveryreply "
    "icmp6-mobileprefixsolicit icmp6-mobileprefixadvert icmp6-certpathsolicit icmp6-certpathadvert "
    "icmp6-multicastrouteradvert icmp6-multicastroutersolicit icmp6-multicastrouterterm ";

bool listed(std::string_view list, std::string_view word) noexcept {
  for (std::size_t at = list.find(word); at != std::string_view::npos;
       at = list.find(word, at + 1)) {
    if (at > 0 && list[at - 1] == ' ' && list[at + word.size()] == ' ') return true;
  }
  return false;
}

constexpr bool digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool hex_digit(char c) noexcept {
  return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool in_word(char c) noexcept {
  return letter(c) || digit(c) || c == '_' || c == '.' || c == ':' || c == '-' || c == '$';
}

/// Groups of one to `most` digits with `between` between them: their number, or 0.
template <class Digit>
std::size_t groups(std::string_view w, char between, std::size_t most, Digit is_digit) noexcept {
  std::size_t count = 1;
  std::size_t length = 0;
  for (const char c : w) {
    if (c == between && length > 0) {
      ++count;
      length = 0;
    } else if (!is_digit(c) || ++length > most) {
      return 0;
    }
  }
  return length > 0 ? count : 0;
}

/// 10, 0x800, and 10.1, which is a network.
bool is_number(std::string_view w) noexcept {
  if (w.starts_with("0x") || w.starts_with("0X")) {
    return groups(w.substr(2), ' ', w.size(), hex_digit) == 1;
  }
  const auto parts = groups(w, '.', w.size(), digit);
  return parts >= 1 && parts <= 4;
}

/// 02:00:00:00:00:01, 02-00-00-00-00-01, 0200.0000.0001, 020000000001, $02: what libpcap's scanner
/// takes for one.
bool is_mac(std::string_view w) noexcept {
  if (w.front() == '$') return groups(w.substr(1), ' ', 2, hex_digit) == 1;
  for (const char between : {':', '-', '.'}) {
    if (groups(w, between, 2, hex_digit) == 6) return true;
  }
  return groups(w, '.', 4, hex_digit) == 3 ||
         (w.size() == 12 && groups(w, ' ', 12, hex_digit) == 1);
}

bool is_ip6(std::string_view w) {
  std::array<std::uint8_t, 16> to{};
  return w.find(':') != std::string_view::npos &&
         inet_pton(AF_INET6, std::string(w).c_str(), to.data()) == 1;
}

}  // namespace

std::string_view host_name_in(std::string_view filter) noexcept {
  bool names_are_local = false;
  for (std::size_t at = 0; at < filter.size();) {
    if (filter[at] == '[') {  // an offset, or the name of one: never a host
      while (at < filter.size() && filter[at] != ']') ++at;
      continue;
    }
    if (!in_word(filter[at])) {
      ++at;
      continue;
    }
    const bool escaped = at > 0 && filter[at - 1] == '\\';
    const auto begin = at;
    while (at < filter.size() && in_word(filter[at])) ++at;
    const auto word = filter.substr(begin, at - begin);
    if (!escaped && listed(of_lists, word)) {
      names_are_local = true;
    } else if (!escaped && listed(of_hosts, word)) {
      names_are_local = false;
    } else if (!names_are_local && !(listed(others, word) && !escaped) && !is_number(word) &&
               !is_mac(word) && !is_ip6(word) && word != "-") {
      return word;
    }
  }
  return {};
}

}  // namespace netweir::capture
