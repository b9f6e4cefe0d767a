// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace netweir {

/// As a word for sh, for commands that users are shown.
std::string shell_word(std::string_view word);

}  // namespace netweir
