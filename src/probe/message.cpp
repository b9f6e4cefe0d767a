// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/message.h"

namespace netweir::probe {
namespace {

constexpr std::uint32_t magic = 0x4e575052;  // "NWPR"
constexpr std::uint8_t version = 1;
constexpr std::size_t time_octets = 20;

class Writer {
 public:
  explicit Writer(std::span<std::uint8_t> out) noexcept : out_(out) {}
  template <class T>
  void put(T value) noexcept {
    for (std::size_t i = sizeof(T); i-- > 0;)
      out_[at_++] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  void put(const Stamps& at) noexcept {
    put(at.software.time_since_epoch().count());
    put(at.hardware.time_since_epoch().count());
  }
  std::size_t size() const noexcept { return at_; }

 private:
  std::span<std::uint8_t> out_;
  std::size_t at_ = 0;
};

/// REQUIRES: what is taken is there.
class Reader {
 public:
  explicit Reader(Bytes in) noexcept : in_(in) {}
  std::size_t left() const noexcept { return in_.size(); }
  template <class T>
  T take() noexcept {
    std::uint64_t value = 0;
    for (const auto octet : in_.first(sizeof(T))) value = value << 8U | octet;
    in_ = in_.subspan(sizeof(T));
    return static_cast<T>(value);
  }
  Stamps stamps() noexcept {
    const auto software = take<std::int64_t>();
    const auto hardware = take<std::int64_t>();
    return {WallTime{std::chrono::nanoseconds{software}},
            WallTime{std::chrono::nanoseconds{hardware}}};
  }

 private:
  Bytes in_;
};

std::size_t size_of(const Message& message) noexcept {
  switch (message.kind) {
    case Kind::reply:
      return reply_octets;
    case Kind::times:
      return head_octets + message.count * time_octets;
    default:
      return head_octets;
  }
}

}  // namespace

std::size_t encode(const Message& message, std::span<std::uint8_t> out) noexcept {
  if (out.size() < size_of(message)) return 0;
  Writer w(out);
  w.put(magic);
  w.put(version);
  w.put(static_cast<std::uint8_t>(message.kind));
  w.put(message.count);
  w.put(message.session);
  w.put(message.sequence);
  if (message.kind == Kind::reply) w.put(message.came);
  if (message.kind == Kind::times) {
    for (std::size_t i = 0; i < message.count; ++i) {
      w.put(message.left[i].sequence);
      w.put(message.left[i].at);
    }
  }
  return w.size();
}

std::optional<Message> decode(Bytes octets) noexcept {
  if (octets.size() < head_octets) return std::nullopt;
  Reader r(octets);
  if (r.take<std::uint32_t>() != magic || r.take<std::uint8_t>() != version) return std::nullopt;
  Message m;
  const auto kind = r.take<std::uint8_t>();
  if (kind < 1 || kind > 3) return std::nullopt;
  m.kind = static_cast<Kind>(kind);
  m.count = r.take<std::uint16_t>();
  m.session = r.take<std::uint64_t>();
  m.sequence = r.take<std::uint32_t>();
  if (m.kind != Kind::times) m.count = 0;
  if (m.count > Message::most_times || octets.size() < size_of(m)) return std::nullopt;
  if (m.kind == Kind::reply) m.came = r.stamps();
  for (std::size_t i = 0; i < m.count; ++i) {
    m.left[i].sequence = r.take<std::uint32_t>();
    m.left[i].at = r.stamps();
  }
  return m;
}

}  // namespace netweir::probe
