// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/owner.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace netweir::tc_bpf {
namespace {

constexpr std::string_view prefix = "netweir:", made_suffix = ":q", address = "netweir/tc_bpf/";
constexpr std::size_t token_length = 16;

/// The errno, or 0.
int hold(std::string_view token, Fd& socket) noexcept {
  socket = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  auto* end = std::copy(address.begin(), address.end(), std::begin(at.sun_path) + 1);
  end = std::copy(token.begin(), token.end(), end);
  const auto length =
      offsetof(sockaddr_un, sun_path) + static_cast<std::size_t>(end - std::begin(at.sun_path));
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at),
                static_cast<socklen_t>(length)) == 0
             ? 0
             : errno;
}

}  // namespace

Result<Owner> Owner::claim() {
  std::array<std::uint8_t, token_length / 2> random{};
  Owner owner;
  int code = 0;
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    code = errno;
  } else {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const auto octet : random) {
      owner.token_ += digits[octet >> 4U];
      owner.token_ += digits[octet & 15U];
    }
    code = hold(owner.token_, owner.socket_);
  }
  if (code == 0) return owner;
  return Error{code, "mark filters as ours: " + std::generic_category().message(code), {}};
}

std::string Owner::filter_name(bool made) const {
  std::string name(prefix);
  name += token_;
  if (made) name += made_suffix;
  return name;
}

std::optional<FilterName> read_filter_name(std::string_view name) noexcept {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  if (name.size() < token_length) return std::nullopt;
  const auto token = name.substr(0, token_length);
  if (token.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
  const auto rest = name.substr(token_length);
  if (!rest.empty() && rest != made_suffix) return std::nullopt;
  return FilterName{token, !rest.empty()};
}

bool is_gone(std::string_view token) noexcept {
  Fd socket;
  return hold(token, socket) == 0;
}

}  // namespace netweir::tc_bpf
