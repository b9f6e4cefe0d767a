// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/exit_code.h"

#include <cerrno>
#include <cstdio>

namespace netweir::app {

ExitCode exit_code(const Error& error) noexcept {
  switch (error.code) {
    case EBADMSG:
      return bad_data;
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EISDIR:
      return no_input;
    case EPERM:
    case EACCES:
      return no_permission;
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
    case EOPNOTSUPP:
    case ENOPROTOOPT:
      return unavailable;
    case EINVAL:
      return usage;
    default:
      return os_error;
  }
}

void complain(const Error& error) {
  (void)std::fprintf(stderr, "netweir: error: %s\n", error.what.c_str());
  if (!error.mend.empty()) (void)std::fprintf(stderr, "  try: %s\n", error.mend.c_str());
}

}  // namespace netweir::app
