// SPDX-License-Identifier: GPL-2.0-or-later
// Where a bridge would send frames: learn who sent one, look up for whom it is.
#include <netweir/mac_table.h>

#include <array>
#include <chrono>
#include <cstdio>

using namespace std::chrono_literals;

namespace {

struct Frame {
  std::chrono::seconds at;
  netweir::LinkId port;
  netweir::Mac from, to;
};

void forward(netweir::MacTable& table, const Frame& frame) {
  const netweir::AgeTime now{frame.at};
  const auto learned = table.learn(now, {.mac = frame.from}, frame.port);
  if (learned.action == netweir::MacAction::moved)
    std::printf("moved from port %u to %u\n", learned.previous_port, frame.port);
  if (learned.refusal == netweir::MacRefusal::static_entry)
    std::printf("dropped: it belongs to port %u\n", learned.previous_port);
  else if (const auto port = table.lookup(now, {.mac = frame.to}))
    std::printf("to port %u\n", *port);
  else
    std::printf("to all ports\n");
}

}  // namespace

int main() {
  constexpr netweir::Mac router{{2, 0, 0, 0, 0, 1}}, host{{2, 0, 0, 0, 0, 2}};
  netweir::MacTable table{{.max = 1024, .hash_seed = 42}};  // a random one, in earnest
  table.learn_static(netweir::AgeTime{0s}, {.mac = router}, 1, netweir::Ip::v4(192, 0, 2, 1));

  forward(table, {1s, 2, host, router});
  forward(table, {2s, 1, router, host});
  forward(table, {3s, 3, host, router});
  forward(table, {4s, 3, router, host});
  forward(table, {303s, 1, router, host});

  std::array<netweir::MacEntry, 8> gone;
  for (bool done = false; !done;) {
    const auto swept = table.expire(netweir::AgeTime{303s}, gone);
    for (std::size_t i = 0; i < swept.count; ++i) std::printf("gone from port %u\n", gone[i].port);
    done = swept.done;
  }
  return table.count() == 1 ? 0 : 1;
}
