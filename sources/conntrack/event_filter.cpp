// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/event_filter.h"

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>

namespace netweir::conntrack {
namespace {

struct Destroy {
  void operator()(nfct_filter* filter) const noexcept { nfct_filter_destroy(filter); }
};

}  // namespace

Status attach(const Filter& filter, int fd) {
  const auto& mark = filter.mark();
  if (filter.protocols().empty() && !mark) return Ok{};
  const std::unique_ptr<nfct_filter, Destroy> program(nfct_filter_create());
  if (!program) return Error{ENOMEM, "conntrack: make a socket filter", {}};
  for (const auto protocol : filter.protocols())
    nfct_filter_add_attr_u32(program.get(), NFCT_FILTER_L4PROTO, protocol);
  if (mark) {
    const nfct_filter_dump_mark value{.val = mark->value, .mask = mark->mask};
    nfct_filter_add_attr(program.get(), NFCT_FILTER_MARK, &value);
  }
  if (nfct_filter_attach(fd, program.get()) == 0) return Ok{};
  const int code = errno;
  return Error{
      code, "conntrack: attach a socket filter: " + std::generic_category().message(code), {}};
}

}  // namespace netweir::conntrack
