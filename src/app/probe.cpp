// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <random>

#include "app/exit_code.h"
#include "app/probe_end.h"
#include "app/probe_report.h"
#include "app/verbs.h"
#include "config/quantity.h"
#include "netweir/text.h"
#include "os/address_text.h"
#include "os/clock.h"
#include "os/signals.h"

namespace netweir::app {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Mac everybody{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr std::int64_t most_rate = 1'000'000;
constexpr std::int64_t least_octets = 60, most_octets = 65535;
/// Probes that are behind are sent at once, but no more than so many; the others are left out.
constexpr int most_behind = 64;

int failure(const Error& error) {
  complain(error);
  return exit_code(error);
}

struct Plan {
  ProbeRun run;
  std::uint64_t count = 0;  ///< 0 = until it is ended
  nanoseconds timeout{};
};

std::optional<Plan> plan(const ProbeArguments& a) {
  const auto wrong = [](std::string what, std::string mend) {
    complain({0, std::move(what), std::move(mend)});
    return std::nullopt;
  };
  Plan p;
  p.run.interface = a.interface;
  p.run.to = everybody;
  if (!a.to.empty()) {
    const auto mac = read_mac(a.to);
    if (!mac || mac->is_zero())
      return wrong("--to " + a.to + ": is no MAC", "--to 02:00:00:00:00:01");
    p.run.to = *mac;
  }
  if (a.rate < 1 || a.rate > most_rate)
    return wrong("--rate: it takes 1 to " + std::to_string(most_rate) + " probes a second",
                 "--rate 10");
  if (a.size < least_octets || a.size > most_octets)
    return wrong("--size: it takes " + std::to_string(least_octets) + " to " +
                     std::to_string(most_octets) + " octets of a frame",
                 "--size 64");
  const auto timeout = config::read_duration(a.timeout);
  constexpr std::int64_t least = 1'000'000, most = 60'000'000'000;
  if (timeout.state != config::Quantity::State::good || timeout.value < least ||
      timeout.value > most)
    return wrong("--timeout " + a.timeout + ": it takes 1ms to 60s", "--timeout 1s");
  p.run.rate = static_cast<double>(a.rate);
  p.run.octets = static_cast<std::size_t>(a.size);
  p.run.synchronised = a.synchronised;
  p.count = a.count;
  p.timeout = nanoseconds{timeout.value};
  return p;
}

/// Waits until something has come, a signal included, or that time is over.
void wait(const PacketSocket& socket, const Signals& signals, nanoseconds most) {
  std::array<pollfd, 2> on{pollfd{socket.fd(), POLLIN, 0}, pollfd{signals.fd(), POLLIN, 0}};
  const auto left = std::max(most, nanoseconds{0});
  const timespec time{static_cast<time_t>(left / seconds{1}),
                      static_cast<long>((left % seconds{1}).count())};
  (void)::ppoll(on.data(), on.size(), &time, nullptr);
}

int reflect(PacketSocket& socket, Signals& signals, const std::string& interface) {
  ProbeEnd end(socket, 0, 0, nullptr);
  (void)std::fprintf(stderr, "netweir: answering probes on %s at %s; end it with ^C\n",
                     interface.c_str(), to_string(socket.mac()).c_str());
  while (!signals.next()) {
    wait(socket, signals, seconds{1});
    if (auto taken = end.take(); !taken) return failure(taken.error());
  }
  (void)std::fprintf(stderr,
                     "netweir: answered %llu probes; %llu answers were not taken by the queue, "
                     "%llu frames found no room\n",
                     static_cast<unsigned long long>(end.reflected()),
                     static_cast<unsigned long long>(end.unanswered()),
                     static_cast<unsigned long long>(end.overrun()));
  return ok;
}

/// A line a second on a terminal.
class Ticker {
 public:
  explicit Ticker(bool shown) : shown_(shown && ::isatty(STDERR_FILENO) == 1) {}
  void show(AgeTime now, const probe::Account& account) {
    if (!shown_ || now < next_) return;
    next_ = now + seconds{1};
    const auto& t = account.totals();
    (void)std::fprintf(stderr, "\r\033[Ksent %llu, received %llu, lost %llu, median %.3f us",
                       static_cast<unsigned long long>(t.sent),
                       static_cast<unsigned long long>(t.received),
                       static_cast<unsigned long long>(t.lost),
                       static_cast<double>(account.round_trip().percentile(50)) / 1000);
    drawn_ = true;
  }
  void clear() {
    if (drawn_) (void)std::fputs("\r\033[K", stderr);
  }

 private:
  bool shown_, drawn_ = false;
  AgeTime next_{};
};

int exchange(PacketSocket& socket, Signals& signals, Plan p, bool json) {
  SystemClock clock;
  std::random_device random;
  const auto session = std::uint64_t{random()} << 32U | random();
  probe::Account account(p.timeout);
  ProbeEnd end(socket, session, p.run.octets, &account);
  Ticker ticker(!json);
  const nanoseconds apart{static_cast<std::int64_t>(1e9 / p.run.rate)};
  const auto begin = clock.now().age;
  auto next = begin;
  bool sending = true;
  while (sending || account.open() > 0) {
    auto now = clock.now().age;
    for (int i = 0; sending && next <= now && i < most_behind; ++i, next += apart) {
      // To everybody until somebody has answered, then to that one.
      const auto to = p.run.to == everybody ? end.answerer().value_or(everybody) : p.run.to;
      if (auto sent = end.send(to, now); !sent) return failure(sent.error());
      sending = p.count == 0 || account.totals().sent < p.count;
    }
    next = std::max(next, now);
    wait(socket, signals, sending ? next - now : std::chrono::milliseconds{20});
    if (auto taken = end.take(); !taken) return failure(taken.error());
    if (signals.next()) sending = false;
    now = clock.now().age;
    account.age(now);
    if (!sending && account.settled()) account.finish();
    ticker.show(now, account);
  }
  ticker.clear();
  p.run.seconds = std::chrono::duration<double>(clock.now().age - begin).count();
  p.run.overrun = end.overrun();
  if (p.run.to == everybody) p.run.to = end.answerer().value_or(everybody);
  (void)std::fputs((json ? probe_json(p.run, account) : probe_text(p.run, account)).c_str(),
                   stdout);
  if (std::fflush(stdout) != 0) return os_error;
  if (account.totals().received > 0 || account.totals().late > 0) return ok;
  complain({0, "nobody answered on " + p.run.interface,
            "at the other end: netweir probe --reflect INTERFACE"});
  return unavailable;
}

}  // namespace

int probe(const ProbeArguments& a) {
  auto p = plan(a);
  if (!p) return usage;
  auto signals = Signals::open({SIGINT, SIGTERM});
  if (!signals) return failure(signals.error());
  PacketSocket::Options options;
  options.interface = a.interface;
  options.ether_type = probe::ether_type;
  options.snaplen = 1536;  // a message is shorter; probes may be longer
  auto socket = PacketSocket::open(options);
  if (!socket) return failure(socket.error());
  return a.reflect ? reflect(*socket, *signals, a.interface)
                   : exchange(*socket, *signals, *std::move(p), a.json);
}

}  // namespace netweir::app
