// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/pcapng.h"

#include <algorithm>
#include <cstring>

namespace netweir::format::pcapng {
namespace {

constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint32_t interface_type = 1, statistics_type = 5, packet_type = 6;

// Options, by the section of the draft that has them.
constexpr std::uint16_t end_of_options = 0, comment_option = 1;
constexpr std::uint16_t section_application = 4;
constexpr std::uint16_t interface_name = 2, interface_description = 3, interface_resolution = 9;
constexpr std::uint8_t nanoseconds = 9;  // 10^-9
constexpr std::uint16_t packet_drops = 4;
constexpr std::uint16_t statistics_start = 2, statistics_os_drops = 7;

constexpr std::size_t most_in_option = 65535;

template <class T>
void put(std::string& out, T value) {
  char octets[sizeof value];
  std::memcpy(octets, &value, sizeof value);
  out.append(octets, sizeof value);
}

void put(std::string& out, Bytes octets) {
  if (octets.empty()) return;
  const auto at = out.size();
  out.resize(at + octets.size());
  std::memcpy(out.data() + at, octets.data(), octets.size());
}

void pad(std::string& out, std::size_t begin) {
  out.append((4 - (out.size() - begin) % 4) % 4, '\0');
}

/// Seconds and nanoseconds do not fit a stamp before 1970: those become 0.
std::uint64_t stamp(WallTime at) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(at.time_since_epoch().count(), 0));
}

void put_stamp(std::string& out, WallTime at) {
  put(out, static_cast<std::uint32_t>(stamp(at) >> 32U));
  put(out, static_cast<std::uint32_t>(stamp(at)));
}

/// A block from its type on; its length is filled in at the end.
class Block {
 public:
  Block(std::string& out, std::uint32_t type) : out_(out), begin_(out.size()) {
    put(out_, type);
    put(out_, std::uint32_t{0});
  }
  void option(std::uint16_t code, std::string_view value) {
    value = value.substr(0, most_in_option);
    put(out_, code);
    put(out_, static_cast<std::uint16_t>(value.size()));
    out_ += value;
    pad(out_, begin_);
    options_ = true;
  }
  void text(std::uint16_t code, std::string_view value) {
    if (!value.empty()) option(code, value);
  }
  void end() {
    if (options_) {
      put(out_, end_of_options);
      put(out_, std::uint16_t{0});
    }
    const auto length = static_cast<std::uint32_t>(out_.size() - begin_ + sizeof(std::uint32_t));
    put(out_, length);
    std::memcpy(out_.data() + begin_ + sizeof(std::uint32_t), &length, sizeof length);
  }
  std::size_t begin() const noexcept { return begin_; }

 private:
  std::string& out_;
  std::size_t begin_;
  bool options_ = false;
};

template <class T>
std::string_view view(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

void append_section(std::string& out, std::string_view application) {
  Block block(out, section_type);
  put(out, byte_order_magic);
  put(out, std::uint16_t{1});
  put(out, std::uint16_t{0});
  put(out, ~std::uint64_t{0});  // the section's length is not known
  block.text(section_application, application);
  block.end();
}

void append_interface(std::string& out, const Interface& interface) {
  Block block(out, interface_type);
  put(out, interface.link);
  put(out, std::uint16_t{0});
  put(out, std::uint32_t{0});  // no limit to what is captured
  block.text(interface_name, interface.name);
  block.text(interface_description, interface.description);
  block.option(interface_resolution, view(nanoseconds));
  block.text(comment_option, interface.comment);
  block.end();
}

void append_packet(std::string& out, const Packet& packet) {
  Block block(out, packet_type);
  const auto captured = static_cast<std::uint32_t>(packet.head.size() + packet.octets.size());
  put(out, packet.interface);
  put_stamp(out, packet.at);
  put(out, captured);
  put(out, std::max(packet.length, captured));
  put(out, packet.head);
  put(out, packet.octets);
  pad(out, block.begin());
  if (packet.drops != 0) block.option(packet_drops, view(packet.drops));
  block.text(comment_option, packet.comment);
  block.end();
}

void append_statistics(std::string& out, const Statistics& statistics) {
  Block block(out, statistics_type);
  put(out, statistics.interface);
  put_stamp(out, statistics.at);
  if (statistics.start) {
    std::string start;
    put_stamp(start, *statistics.start);
    block.option(statistics_start, start);
  }
  if (statistics.drops) block.option(statistics_os_drops, view(*statistics.drops));
  block.text(comment_option, statistics.comment);
  block.end();
}

}  // namespace netweir::format::pcapng
