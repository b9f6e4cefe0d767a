// SPDX-License-Identifier: GPL-2.0-or-later
// The kinds of source in the installed library.
#include <netweir/source_kind.h>

#include <cstdio>

int main() {
  for (const auto* kind : netweir::source_kinds()) {
    std::printf("%.*s\n", static_cast<int>(kind->name.size()), kind->name.data());
  }
  return 0;
}
