// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "top/grid.h"
#include "top/model.h"
#include "top/view.h"

namespace netweir::top {

struct Size {
  std::size_t width = 80, height = 24;
};

/// What stands on a screen besides the model. Any octets.
struct Words {
  std::string_view host{}, status{};
  bool bad = false;  ///< the status is a warning
};

/// A whole screen.
struct Screenful {
  std::vector<Line> lines;  ///< at most `height`, none wider than `width`
  /// Of the pane that has the keys: where it stands now. View takes it back by settle().
  std::size_t selected = 0, offset = 0, page = 1;
};
/// For every size from 1 x 1 on. Pure.
Screenful lay_out(const Model& model, const View& view, const Words& words, Size size,
                  Charset charset);
void settle(View& view, const Screenful& shown) noexcept;

/// The same as plain lines: the rows of each pane that have something in the latest interval, at
/// most `most`; or, of the whole time, all.
std::string plain_interval(const Model& model, std::size_t most, Charset charset);
std::string plain_end(const Model& model, std::size_t most, Charset charset);

}  // namespace netweir::top
