// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <unistd.h>

#include <memory>
#include <utility>

namespace netweir {

/// Sole owner of a file descriptor. No release(), no implicit int: nothing can leak or double-close
/// it.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// unique_ptr whose deleter is the C function itself: `Handle<pcap_t, pcap_close>`.
template <auto Close>
struct CloseWith {
  template <class T>
  void operator()(T* p) const noexcept {
    (void)Close(p);
  }
};
template <class T, auto Close>
using Handle = std::unique_ptr<T, CloseWith<Close>>;

}  // namespace netweir
