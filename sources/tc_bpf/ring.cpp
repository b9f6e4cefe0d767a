// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace netweir::tc_bpf {
namespace {

std::size_t page() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

Error failed() {
  const int code = errno;
  return {code, "map the ring buffer: " + std::generic_category().message(code), {}};
}

}  // namespace

Result<Ring> Ring::map(int fd, std::size_t octets) {
  // The position of the reader, a page; behind it that of the writers, a page that is theirs alone,
  // and the data, twice in a row, so that a record never has a gap.
  const auto page = tc_bpf::page();
  void* pages = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (pages == MAP_FAILED) return failed();
  const auto rest_octets = page + 2 * octets;
  void* rest = ::mmap(nullptr, rest_octets, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page));
  if (rest == MAP_FAILED) {
    auto error = failed();
    (void)::munmap(pages, page);
    return error;
  }
  Ring ring(static_cast<unsigned long*>(pages), static_cast<const unsigned long*>(rest),
            static_cast<const std::uint8_t*>(rest) + page, octets);
  ring.pages_ = pages;
  ring.rest_ = rest;
  ring.rest_octets_ = rest_octets;
  return ring;
}

Ring::Ring(Ring&& other) noexcept
    : consumer_(other.consumer_),
      producer_(other.producer_),
      data_(other.data_),
      mask_(other.mask_),
      at_(other.at_),
      pages_(std::exchange(other.pages_, nullptr)),
      rest_(std::exchange(other.rest_, nullptr)),
      rest_octets_(other.rest_octets_) {}

Ring::~Ring() {
  if (pages_ == nullptr) return;
  (void)::munmap(pages_, page());
  (void)::munmap(rest_, rest_octets_);
}

}  // namespace netweir::tc_bpf
