// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/frame.h"
#include "netweir/result.h"

namespace netweir::capture {

/// More octets captured of one packet than this are taken for damage (libpcap's MAXIMUM_SNAPLEN).
inline constexpr std::uint32_t max_captured = 262144;

/// A compiled filter (pcap-filter(7)).
class Program {
 public:
  Program() = default;
  ~Program() { pcap_freecode(&program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  bpf_program* raw() noexcept { return &program_; }

 private:
  bpf_program program_{};
};

/// The DLT_ number of libpcap's interface for a link type, and back.
int dlt_of(std::uint16_t link) noexcept;
std::uint16_t link_of(int dlt) noexcept;

/// Compiles for a link type.
Result<std::unique_ptr<Program>> compile(const std::string& filter, std::uint16_t link);

/// Compiles for the packets that a socket on this interface gets: the kernel has taken the outer
/// tag out of them, and `vlan` asks for it where it is. What passes is cut to `snaplen` octets.
/// Opens the interface for that: needs CAP_NET_RAW, and to be called in its namespace.
Result<std::unique_ptr<Program>> compile_live(const std::string& interface,
                                              const std::string& filter, int snaplen);

/// The first word of a filter that libpcap would look up as the name of a host or network: a wait
/// for DNS, which the loop cannot afford. Such filters are refused. Empty = none.
std::string_view host_name_in(std::string_view filter) noexcept;

/// What is wrong with a filter, whatever the link type; empty = nothing. Opens nothing but the
/// lists of services and protocols.
std::string filter_problem(const std::string& filter);

/// One filter for packets of any link types. One thread.
class Filter {
 public:
  explicit Filter(std::string text) : text_(std::move(text)) {}

  /// Whether the frame passes. A link type that the filter cannot be compiled for passes nothing;
  /// take_problem() then says so, once.
  bool passes(const Frame& frame);

  std::optional<std::string> take_problem();

 private:
  struct Compiled {
    std::uint16_t link = 0;
    std::unique_ptr<Program> program;  // null: it cannot be
  };
  const Compiled& compiled(std::uint16_t link);

  std::string text_;
  std::vector<Compiled> compiled_;
  std::size_t last_ = 0;
  std::optional<std::string> problem_;
};

}  // namespace netweir::capture
