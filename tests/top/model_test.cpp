// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/model.h"

#include <gtest/gtest.h>

#include "rows.h"

namespace netweir {
namespace {

using test::Story;
using test::texts_of;
using top::Pane;
using Texts = std::vector<std::string>;

const Ip a = Ip::v4(192, 0, 2, 1);
const Ip b = Ip::v4(192, 0, 2, 2);
const Ip c = Ip::v4(192, 0, 2, 3);

TEST(Model, RatesAreOfTheLatestIntervalAndCountsOfAll) {
  Story s({.interval = std::chrono::seconds{2}});
  s.talks(a, b, 10, 1000);
  s.talks(b, a, 4, 400);
  s.next();
  EXPECT_EQ(texts_of(s.model.table(Pane::talkers)),
            (Texts{"192.0.2.1 192.0.2.2 5 4000 10 1000 a", "192.0.2.2 192.0.2.1 2 1600 4 400 a"}));
  s.talks(a, b, 2, 100);
  s.next();
  const auto table = s.model.table(Pane::talkers);
  EXPECT_EQ(texts_of(table),
            (Texts{"192.0.2.1 192.0.2.2 1 400 12 1100 a", "192.0.2.2 192.0.2.1 0 0 4 400 a"}));
  EXPECT_TRUE(table.rows[0].current);
  EXPECT_FALSE(table.rows[1].current);
  s.next();  // nothing was seen
  EXPECT_EQ(texts_of(s.model.table(Pane::talkers))[0], "192.0.2.1 192.0.2.2 0 0 12 1100 a");
}

TEST(Model, TheSameKeyOfTwoSourcesIsTwoRows) {
  Story s;
  s.talks(a, b, 1, 60, 0, "x");
  s.talks(a, b, 2, 120, 0, "y");
  s.next();
  EXPECT_EQ(texts_of(s.model.table(Pane::talkers)),
            (Texts{"192.0.2.1 192.0.2.2 1 480 1 60 x", "192.0.2.1 192.0.2.2 2 960 2 120 y"}));
}

TEST(Model, ErrorsOfIntervalsAddUpAsSquares) {
  Story s;
  s.talks(a, b, 100, 10000, 30);
  s.next();
  s.talks(a, b, 100, 10000, 40);
  s.next();
  EXPECT_EQ(texts_of(s.model.table(Pane::talkers)),
            Texts{"192.0.2.1 192.0.2.2 100+-40 80000+-320 200+-50 20000+-50 a"});
}

// The upper limit of one short packet allows for a long one that was not seen: not for one more in
// each interval.
TEST(Model, AnIntervalToOneSideCountsOnce) {
  Story s;
  TrafficTotal total;
  total.key.has = bit(Dimension::src_ip) | bit(Dimension::dest_ip);
  total.key.src = a;
  total.key.dst = b;
  total.all_packets = total.all_octets = {100, 100, 20, 4100};
  s.line("talkers", total, "a");
  s.next();
  EXPECT_EQ(texts_of(s.model.table(Pane::talkers)),
            Texts{"192.0.2.1 192.0.2.2 100+-4000 800+-32000 100+-4000 100+-4000 a"});
  for (int i = 1; i < 100; ++i) {
    s.line("talkers", total, "a");
    s.next();
  }
  // 10 times 196, and 4000 less 196 as squares.
  EXPECT_EQ(texts_of(s.model.table(Pane::talkers)),
            Texts{"192.0.2.1 192.0.2.2 100+-4000 800+-32000 10000+-4450 10000+-4450 a"});
}

TEST(Model, WhatKeysAreCalled) {
  Story s;
  s.crosses("eth0", "", 1, 60);
  s.crosses("", "", 1, 60);
  s.speaks(6, 443, 1, 60);
  s.speaks(1, -1, 1, 60);
  s.speaks(253, -1, 1, 60);
  s.talks({}, {}, 1, 60);
  TrafficTotal arp;
  arp.key.has = bit(Dimension::proto);
  arp.key.arp = true;
  s.line("protocols", arp, 1, 60, 0, "a");
  s.line("protocols", {}, 1, 60, 0, "a");
  s.line("of somebody else", {}, 1, 60, 0, "a");
  s.next();
  EXPECT_EQ(texts_of(s.model.table(Pane::interfaces)),
            (Texts{"- - 1 480 1 60 a", "eth0 - 1 480 1 60 a"}));
  EXPECT_EQ(texts_of(s.model.table(Pane::protocols)),
            (Texts{"- - 1 480 1 60 a", "ARP - 1 480 1 60 a", "ICMP - 1 480 1 60 a",
                   "IP 253 - 1 480 1 60 a", "TCP 443 1 480 1 60 a"}));
  EXPECT_EQ(texts_of(s.model.table(Pane::talkers)), Texts{"- - 1 480 1 60 a"});
}

TEST(Model, TheRestIsTheLastRowWhateverTheOrder) {
  Story s;
  s.rest("talkers", 7, 1000, 100000);
  s.talks(a, b, 1, 60);
  s.talks(b, c, 2, 90);
  s.next();
  for (const bool reverse : {false, true}) {
    for (std::size_t column = 0; column < top::columns_of(Pane::talkers).size(); ++column) {
      auto table = s.model.table(Pane::talkers);
      top::sort(table, {column, reverse});
      EXPECT_EQ(test::text_of(table.rows.back()), "others 7 keys 1000 800000 1000 100000 a");
    }
  }
}

TEST(Model, SourcesHaveTheirLedgersAndStates) {
  Story s;
  s.state("x", SourceState::up);
  Ledger x{.name = "x", .type = "pcap", .done = 10, .lost = 0};
  s.next({x});
  x.done = 25;
  x.lost = 5;
  x.lost_exact = false;
  s.next({x, {.name = "y", .type = "nflog", .done = 3}});
  EXPECT_EQ(texts_of(s.model.table(Pane::sources)),
            (Texts{"x pcap up 15 5 25 >=5 17 0", "y nflog - 3 0 3 0 0 0"}));
  s.state("x", SourceState::retrying, "no such interface");
  s.next({x});
  const auto row = s.model.table(Pane::sources).rows[0];
  EXPECT_EQ(test::text_of(row), "x pcap retrying 0 0 25 >=5 17 no such interface");
  EXPECT_EQ(row.mood, top::Row::Mood::bad);
}

TEST(Model, ALossSaysItsCause) {
  Story s;
  s.state("x", SourceState::up);
  const SourceName who{"x", "pcap"};
  const Loss loss{.count = 3, .cause = "receive_buffer"};
  Event event;
  event.source = &who;
  event.body = LossEvent{&loss};
  s.model.event(event);
  EXPECT_EQ(texts_of(s.model.table(Pane::sources)),
            Texts{"x pcap up 0 0 0 0 0 lost: receive_buffer"});
}

TEST(Model, IntervalsWithoutLengthOnlyTellTheLedgers) {
  Story s;
  s.talks(a, b, 1, 60);
  s.next({{.name = "x", .type = "pcap", .done = 5}});
  const auto before = s.model.to();
  const Ledger more{.name = "x", .type = "pcap", .done = 9};
  EXPECT_FALSE(s.model.interval(test::at(500), test::at(500), {&more, 1}));
  EXPECT_EQ(s.model.to(), before);
  EXPECT_EQ(texts_of(s.model.table(Pane::sources)), Texts{"x pcap - 5 0 9 0 0 0"});
}

TEST(Model, PacketsOfOneInstantMakeAnInterval) {
  Story s;
  s.ends = s.begins;
  s.talks(a, b, 40, 2400);
  EXPECT_TRUE(s.model.interval(s.begins, s.ends, {}));
  EXPECT_EQ(texts_of(s.model.table(Pane::talkers)),
            Texts{"192.0.2.1 192.0.2.2 40 19200 40 2400 a"});
}

TEST(Model, MemoryIsBoundedAndSumsBalance) {
  Story s({.most = 8});
  double packets = 0;
  for (unsigned i = 0; i < 10000; ++i) {
    const auto ip = Ip::v4(10, static_cast<std::uint8_t>(i >> 16U),
                           static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i));
    s.talks(ip, a, 1, 60);
    packets += 1;
    if (i % 100 == 0) {
      s.talks(a, b, 1000, 60000);
      packets += 1000;
      s.next();
    }
  }
  s.next();
  const auto table = s.model.table(Pane::talkers);
  EXPECT_LE(table.rows.size(), 17U);
  double sum = 0;
  bool large = false;
  for (const auto& row : table.rows) {
    sum += row.cells[4].value;
    large = large || (row.cells[0].text == "192.0.2.1" && row.cells[4].value == 100000);
  }
  EXPECT_EQ(sum, packets);
  EXPECT_TRUE(large);
}

TEST(Table, SortsEachColumnBothWays) {
  Story s;
  s.talks(a, c, 1, 900);
  s.talks(b, a, 2, 100);
  s.talks(c, b, 3, 500);
  s.next();
  const struct {
    top::Order order;
    std::string_view firsts;
  } cases[] = {{{0, false}, "123"}, {{0, true}, "321"},  {{1, false}, "231"}, {{1, true}, "132"},
               {{2, false}, "321"}, {{3, false}, "132"}, {{3, true}, "231"},  {{4, true}, "123"},
               {{5, false}, "132"}, {{6, false}, "123"}, {{99, false}, "123"}};
  for (const auto& each : cases) {
    auto table = s.model.table(Pane::talkers);
    top::sort(table, each.order);
    std::string firsts;
    for (const auto& row : table.rows) firsts += row.cells[0].text.back();
    EXPECT_EQ(firsts, each.firsts) << each.order.column << each.order.reverse;
  }
}

TEST(Table, SortsNumbersInTextsByTheirValue) {
  for (const auto& rising : {std::pair{"8", "80"},
                             {"80", "443"},
                             {"10.0.0.9", "10.0.0.10"},
                             {"10.0.0.10", "10.0.1.2"},
                             {"eth2", "eth10"},
                             {"eth10", "eth10.5"},
                             {"-", "8"},
                             {"", "-"},
                             {"007", "8"},
                             {"9", "99999999999999999999999"}}) {
    for (const bool turned : {false, true}) {
      top::Table table{.pane = Pane::talkers, .rows = {}};
      for (const char* text :
           {turned ? rising.second : rising.first, turned ? rising.first : rising.second}) {
        top::Row row;
        row.cells.resize(top::columns_of(Pane::talkers).size());
        row.cells[0].text = text;
        table.rows.push_back(row);
      }
      top::sort(table, {0, false});
      EXPECT_EQ(table.rows[0].cells[0].text, rising.first);
    }
  }
}

TEST(Table, FiltersByAnyText) {
  Story s;
  s.talks(a, b, 1, 60, 0, "Firewall");
  s.talks(b, c, 1, 60, 0, "wire");
  s.rest("talkers", 3, 1, 60);
  s.next();
  const struct {
    std::string_view part;
    std::size_t rows, hidden;
  } cases[] = {{"", 3, 0},         {"192.0.2.2", 2, 1}, {"2.3", 1, 2},
               {"fireWALL", 1, 2}, {"nobody", 0, 3},    {"60", 0, 3}};
  for (const auto& each : cases) {
    auto table = s.model.table(Pane::talkers);
    top::filter(table, each.part);
    EXPECT_EQ(table.rows.size(), each.rows) << each.part;
    EXPECT_EQ(table.hidden, each.hidden) << each.part;
  }
}

}  // namespace
}  // namespace netweir
