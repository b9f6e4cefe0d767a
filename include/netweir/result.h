// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace netweir {

/// Why an operation on the outside world failed. Not used for malformed packets (see packet.h):
/// those are data.
struct Error {
  int code = 0;      ///< errno value; 0 where none applies
  std::string what;  ///< the act and the cause: "open capture.pcap: No such file or directory"
  std::string mend;  ///< the command or setting that mends it; empty = none known
};

/// A T or an Error. Stand-in for std::expected, which clang 14 (clang-tidy, libFuzzer) cannot
/// parse.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : v_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return v_.index() == 0; }
  /// REQUIRES of * and ->: this holds a value.
  T& operator*() & { return *std::get_if<0>(&v_); }
  const T& operator*() const& { return *std::get_if<0>(&v_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&v_)); }
  T* operator->() { return std::get_if<0>(&v_); }
  const T* operator->() const { return std::get_if<0>(&v_); }
  /// REQUIRES: this holds an Error.
  const Error& error() const& { return *std::get_if<1>(&v_); }
  Error&& error() && { return std::move(*std::get_if<1>(&v_)); }

 private:
  std::variant<T, Error> v_;
};

struct Ok {};
using Status = Result<Ok>;

}  // namespace netweir
