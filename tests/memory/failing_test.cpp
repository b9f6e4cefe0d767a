// SPDX-License-Identifier: GPL-2.0-or-later
// With any one allocation failing, or every Nth: what a call gives is what it gives with memory, or
// std::bad_alloc. Nothing in between (a half-read configuration), no leak (the address sanitizer
// watches), no end of the process.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <optional>
#include <string>

#include "config/config.h"
#include "memory/failing_new.h"
#include "netlink/link_table.h"
#include "os/privileged.h"
#include "run/replay.h"

namespace netweir {
namespace {

using test::FailingNew;

std::string content(const std::string& path) {
  std::ifstream in(NETWEIR_ROOT "/" + path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

config::Kinds kinds() { return {source_kinds(), sink_kinds()}; }

struct Case {
  const char* name;
  std::function<std::string()> act;  // its result as text
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

std::string told(const config::Loaded& loaded) {
  std::string text;
  for (const auto& p : loaded.problems)
    text += std::to_string(p.line) + ":" + std::to_string(p.column) + " " + p.text + "\n";
  return loaded.ok() ? text + config::effective(loaded.config) : text;
}

std::string loaded(const std::string& path) {
  static std::string yaml;
  static std::string from;
  if (from != path) {
    yaml = content(path);
    from = path;
  }
  return told(config::load(yaml, kinds()));
}

std::string replayed(const char* file) {
  const std::string path = std::string(NETWEIR_ROOT) + "/" + file;
  auto source = config::quick_source("pcap:" + path, "f", kinds());
  if (!source) return "refused: " + source.error().what;
  run::Replay what;
  what.files.push_back(*std::move(source));
  what.bindings.max = 64;
  what.report = [](Note::Level, std::string_view) {};
  what.go_on = [] { return true; };
  InProcess privileged;
  const auto ending = run::replay(what, privileged);
  if (!ending) return "cannot begin: " + ending.error().what;
  const auto& l = ending->total;
  return std::to_string(l.received()) + " " + std::to_string(l.done) + " " +
         std::to_string(l.lost) + " " + std::to_string(ending->events) + " " +
         std::to_string(ending->bindings) + ending->error.what;
}

std::string quick() {
  auto source = config::quick_source("nflog:5,6", "q", kinds());
  auto output = config::quick_output("json", {}, kinds());
  if (!source || !output) return "refused";
  config::Config c;
  c.sources.push_back(*std::move(source));
  c.outputs.push_back(*std::move(output));
  return config::effective(c);
}

std::string links() {
  static const auto message = content("tests/netlink/data/newlink_veth0");
  netlink::LinkTable table;
  const Bytes payload(reinterpret_cast<const std::uint8_t*>(message.data()), message.size());
  auto& scope = table.scope("x");
  const bool taken = table.message("x", 16, payload);
  return std::string(table.view(scope.by_index(3)).name) + (taken ? " taken" : " refused");
}

class Failing : public testing::TestWithParam<Case> {};

TEST_P(Failing, IsTheSameOrOutOfMemory) {
  const auto& act = GetParam().act;
  const auto right = act();
  (void)act();  // what is made once is made
  std::uint64_t calls = 0;
  {
    const FailingNew none(UINT64_MAX, 0);
    EXPECT_EQ(act(), right);
    calls = FailingNew::calls();
  }
  ASSERT_GT(calls, 0U);
  std::uint64_t refused = 0;
  const auto one = [&](std::uint64_t first, std::uint64_t every) {
    std::optional<std::string> got;
    try {
      const FailingNew failing(first, every);
      got = act();
    } catch (const std::bad_alloc&) {
      ++refused;
    }
    if (got) {
      EXPECT_EQ(*got, right) << "allocation " << first << ", every " << every;
    }
  };
  const auto step = std::max<std::uint64_t>(1, calls / 300);
  for (std::uint64_t n = 1; n <= calls && !HasFailure(); n += step) one(n, 0);
  for (std::uint64_t n = 1; n <= calls && !HasFailure(); n += n / 4 + 1) one(n, n);
  EXPECT_GT(refused, 0U) << "no allocation failed: this says nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Memory, Failing,
    testing::Values(Case{"the_sample", [] { return loaded("config/netweir.yaml"); }},
                    Case{"a_broken_file", [] { return loaded("tests/config/refused.cases"); }},
                    Case{"the_quick_form", quick}, Case{"links", links},
                    Case{"a_capture", [] { return replayed("tests/captures/arp-basic.pcap"); }},
                    Case{"a_recording", [] { return replayed("tests/record/data/nflog.pcapng"); }}),
    [](const auto& i) { return std::string(i.param.name); });

}  // namespace
}  // namespace netweir
