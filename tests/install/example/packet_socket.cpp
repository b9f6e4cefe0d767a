// SPDX-License-Identifier: GPL-2.0-or-later
// Sends three frames out of an interface, and says what is known of them: packet_socket INTERFACE.
#include <netweir/packet_socket.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

using netweir::Frame;
using netweir::PacketSocket;
using netweir::SentFrame;

int main(int argc, char** argv) {
  PacketSocket::Options options;
  options.interface = argc > 1 ? argv[1] : "lo";
  options.ether_type = 0x88b5;  // local experimental
  auto socket = PacketSocket::open(options);
  if (!socket) {
    std::fprintf(stderr, "%s; try: %s\n", socket.error().what.c_str(), socket.error().mend.c_str());
    return 1;
  }
  std::vector<std::uint8_t> frame(60);  // to everybody, from nobody
  std::fill_n(frame.begin(), 6, 0xff);
  frame[12] = 0x88;
  frame[13] = 0xb5;
  int sent = 0;
  for (int i = 0; i < 3; ++i) {
    if (socket->send(frame)) ++sent;
  }

  int left = 0, came = 0;
  std::array<SentFrame, 8> times;
  std::array<Frame, 8> frames;
  pollfd wait{socket->fd(), POLLIN, 0};
  while (::poll(&wait, 1, 200) > 0) {
    for (std::size_t i = socket->sent(times); i > 0; --i) ++left;
    const auto received = socket->receive(frames);
    if (!received) break;
    came += static_cast<int>(*received);
  }
  std::printf("%d sent, of %d it is known when they left; %d came in, %d found no room\n", sent,
              left, came, static_cast<int>(socket->take_lost()));
}
