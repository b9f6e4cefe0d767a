// SPDX-License-Identifier: GPL-2.0-or-later
// What the recorder writes, read by tshark and capinfos, and by replay.
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "record/rig.h"

namespace netweir::test {
namespace {

/// A recording of all that the format has: two sources, interfaces, drops, a stranger, a cut one.
void record_everything(const std::string& path) {
  auto r = recorder({.path = path});
  auto* links = r->links("");
  links->datagram(datagram(NETLINK_ROUTE, link_message(RTM_NEWLINK, "newlink_veth0"), 0));
  auto* a = r->tap(source("nflog:5", "firewall"));
  auto* b = r->tap(source("nflog:6", "second"));
  ASSERT_NE(a, nullptr);
  ASSERT_NE(b, nullptr);
  const auto arp = nflog_datagram("netdev_arp_vlan_300_pcp_5");
  a->datagram(datagram(NETLINK_NETFILTER, arp, 1000));
  b->datagram(datagram(NETLINK_NETFILTER, nflog_datagram("batch_of_5"), 2000));
  a->datagram(datagram(NETLINK_NETFILTER, arp, 3000, 7));
  a->looked(2, true, at(4000));
  a->looked(0, true, at(5000));
  auto stranger = datagram(NETLINK_NETFILTER, arp, 6000);
  stranger.port = 4711;
  b->datagram(stranger);
  auto cut = datagram(NETLINK_NETFILTER, arp, 7000);
  cut.length += 1000;
  b->datagram(cut);
  links->datagram(datagram(NETLINK_ROUTE, link_message(RTM_DELLINK, "dellink_veth0"), 8000));
  const auto ledger = r->close(5s);
  EXPECT_EQ(ledger.datagrams, 7U);
  EXPECT_EQ(ledger.dropped, 0U);
  EXPECT_EQ(ledger.files, 1U);
  EXPECT_EQ(ledger.octets, std::filesystem::file_size(path));
}

/// One of each kind of block, in as few octets as can be: it is read thousands of times.
void record_little(const std::string& path) {
  auto r = recorder({.path = path});
  auto* tap = r->tap(source("nflog:5", "f"));
  const auto arp = nflog_datagram("netdev_arp_vlan_300_pcp_5");
  tap->datagram(datagram(NETLINK_NETFILTER, arp, 1000));
  auto stranger = datagram(NETLINK_NETFILTER, arp, 2000, 7);
  stranger.port = 4711;
  tap->datagram(stranger);
  tap->looked(2, true, at(3000));
  tap->datagram(datagram(NETLINK_NETFILTER, arp, 4000));
  EXPECT_EQ(r->close(5s).datagrams, 3U);
}

TEST(Record, capinfos_and_tshark_read_it) {
  const Folder folder;
  const auto path = folder / "r.pcapng";
  record_everything(path);
  const auto infos = output_of("capinfos " + path);
  for (const char* text :
       {"Number of packets:   7", "Number of interfaces in file: 3", "Name = firewall",
        "Name = second", "Description = nflog", "Description = rtnetlink",
        "Encapsulation = Linux Netlink (", "Time precision = nanoseconds (9)",
        "Capture application: netweir test", "First packet time:   2023-11-14 22:13:20.123456789",
        "Last packet time:    2023-11-14 22:13:20.123464789"}) {
    EXPECT_NE(infos.find(text), std::string::npos) << text << "\n" << infos;
  }
  EXPECT_EQ(output_of("tshark -n -r " + path +
                      " -T fields -e frame.interface_id -e frame.drop_count -e frame.comment"
                      " -e frame.time_delta -e netlink.family"),
            "0\t\t\t0.000000000\t0x0000\n"
            "1\t\t\t0.000001000\t0x000c\n"
            "2\t\t\t0.000001000\t0x000c\n"
            "1\t7\t\t0.000001000\t0x000c\n"
            "2\t\tnetweir: sender port id 4711\t0.000003000\t0x000c\n"
            "2\t\t\t0.000001000\t0x000c\n"
            "0\t\t\t0.000001000\t0x0000\n");
  EXPECT_NE(
      output_of("tshark -n -r " + path + " -T fields -e netlink-route.ifla_ifname").find("veth0"),
      std::string::npos);
}

TEST(Record, replay_reads_it) {
  const Folder folder;
  const auto path = folder / "r.pcapng";
  record_everything(path);
  const auto ending = replayed(path);
  EXPECT_TRUE(ending.error.what.empty()) << ending.error.what;
  const auto& t = ending.total;
  EXPECT_EQ(t.received(), 7U) << "two of firewall, a batch of five of second";
  EXPECT_EQ(t.rejected + t.unsupported, 0U);
  EXPECT_EQ(t.foreign, 1U);
  EXPECT_EQ(t.truncated, 1U);
  EXPECT_EQ(t.lost, 9U) << "each dropped datagram at least one packet";
  EXPECT_FALSE(t.lost_exact);
}

TEST(Record, every_truncation_replays_what_is_whole) {
  const Folder folder;
  const auto path = folder / "r.pcapng";
  record_little(path);
  const auto whole = content(path);
  const auto cut = folder / "cut.pcapng";
  std::uint64_t before = 0;
  std::size_t clean = 0;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    std::ofstream(cut, std::ios::binary)
        .write(reinterpret_cast<const char*>(whole.data()), static_cast<std::streamsize>(length));
    const auto ending = replayed(cut);
    if (ending.error.what.empty()) {
      ++clean;
    } else {
      EXPECT_EQ(ending.error.code, EBADMSG) << length << ": " << ending.error.what;
    }
    EXPECT_GE(ending.total.received(), before) << length;
    before = ending.total.received();
    if (HasFailure()) break;
  }
  EXPECT_EQ(before, 2U);
  EXPECT_GT(clean, 5U) << "a file may end between two blocks";
}

TEST(Record, every_octet_may_be_damaged) {
  const Folder folder;
  const auto path = folder / "r.pcapng";
  record_little(path);
  const auto whole = content(path);
  const auto bad = folder / "bad.pcapng";
  for (std::size_t i = 0; i < whole.size(); i += 3) {
    auto octets = whole;
    octets[i] = static_cast<std::uint8_t>(octets[i] ^ (i % 2 == 0 ? 0xffU : 0x01U));
    std::ofstream(bad, std::ios::binary)
        .write(reinterpret_cast<const char*>(octets.data()),
               static_cast<std::streamsize>(octets.size()));
    const auto ending = replayed(bad);
    EXPECT_LE(ending.total.received(), 3U) << i;
    if (HasFailure()) break;
  }
}

TEST(Record, files_are_bounded_and_each_is_complete) {
  const Folder folder;
  const auto path = folder / "r.pcapng";
  const auto arp = nflog_datagram("netdev_arp_untagged");
  std::uint64_t sum = 0;
  {
    auto r = recorder({.path = path, .rotate_size = 8192, .files = 3});
    r->links("")->datagram(datagram(NETLINK_ROUTE, link_message(RTM_NEWLINK, "newlink_veth0"), 0));
    auto* tap = r->tap(source("nflog:5", "firewall"));
    for (int i = 0; i < 1000; ++i) tap->datagram(datagram(NETLINK_NETFILTER, arp, 1000 + i));
    const auto ledger = r->close(5s);
    EXPECT_EQ(ledger.datagrams, 1001U);
    EXPECT_GT(ledger.files, 20U);
  }
  const auto files = folder.files();
  ASSERT_EQ(files.size(), 3U);
  for (const auto& file : files) {
    EXPECT_LT(std::filesystem::file_size(folder / file), 8192U + 1024U) << file;
    const auto ending = replayed(folder / file);
    EXPECT_TRUE(ending.error.what.empty()) << ending.error.what;
    EXPECT_GT(ending.total.received(), 0U);
    sum += ending.total.received();
    const auto names =
        output_of("tshark -n -r " + (folder / file) + " -T fields -e netlink-route.ifla_ifname");
    EXPECT_NE(names.find("veth0"), std::string::npos) << file;
  }
  const auto read = output_of("capinfos -Tmc " + (folder / files.front()));
  EXPECT_FALSE(read.empty());
  EXPECT_GT(sum, 50U);

  // A later run does not write over what is there.
  auto r = recorder({.path = path, .files = 3});
  r->tap(source("nflog:5", "firewall"))->datagram(datagram(NETLINK_NETFILTER, arp, 0));
  (void)r->close(5s);
  const auto later = folder.files();
  ASSERT_EQ(later.size(), 3U);
  EXPECT_EQ(later[0], files[1]) << "the oldest went";
  EXPECT_EQ(later[2], "r.pcapng");
}

TEST(Record, time_rotates_too) {
  const Folder folder;
  const auto arp = nflog_datagram("netdev_arp_untagged");
  auto r = recorder({.path = folder / "r", .rotate_time = 1s});
  auto* tap = r->tap(source("nflog:5", "firewall"));
  for (const std::int64_t ms : {0, 999, 1000, 1500, 1999, 2000, 10'000})
    tap->datagram(datagram(NETLINK_NETFILTER, arp, ms * 1'000'000));
  EXPECT_EQ(r->close(5s).files, 4U);
  EXPECT_EQ(folder.files(), (std::vector<std::string>{"r", "r-000001", "r-000002", "r-000003"}));
  EXPECT_EQ(replayed(folder / "r-000002").total.received(), 3U);
}

TEST(Record, a_clock_that_is_set_back_rotates) {
  const Folder folder;
  const auto arp = nflog_datagram("netdev_arp_untagged");
  auto r = recorder({.path = folder / "r", .rotate_time = 1s});
  auto* tap = r->tap(source("nflog:5", "firewall"));
  for (const std::int64_t ms : {90'000, 90'500, 89'900, 4'000, 4'500, 5'000})
    tap->datagram(datagram(NETLINK_NETFILTER, arp, ms * 1'000'000));
  EXPECT_EQ(r->close(5s).files, 3U);
  EXPECT_EQ(replayed(folder / "r-000001").total.received(), 3U);
  EXPECT_EQ(replayed(folder / "r-000002").total.received(), 2U);
}

/// The writer has no chance: nearly all that the queue cannot hold is dropped, and the file says
/// how much.
TEST(Record, what_the_queue_cannot_hold_is_in_the_file_as_drops) {
  const Folder folder;
  const auto path = folder / "r.pcapng";
  auto arp = nflog_datagram("netdev_arp_untagged");
  auto r = recorder({.path = path, .queue = 4096});
  auto* tap = r->tap(source("nflog:5", "firewall"));
  constexpr std::uint64_t offered = 20000;
  for (std::uint64_t i = 0; i < offered; ++i)
    tap->datagram(datagram(NETLINK_NETFILTER, arp, static_cast<std::int64_t>(i)));
  const auto ledger = r->close(5s);
  EXPECT_EQ(ledger.datagrams + ledger.dropped, offered);
  EXPECT_GT(ledger.dropped, 0U);
  const auto ending = replayed(path);
  EXPECT_EQ(ending.total.received(), ledger.datagrams);
  EXPECT_EQ(ending.total.lost, ledger.dropped);
}

TEST(Record, a_path_that_cannot_be_is_an_error) {
  const Folder folder;
  std::filesystem::create_directory(folder / "d");
  std::filesystem::create_symlink("/dev/null", folder / "s");
  for (const auto& path : {folder / "d", folder / "s", folder / "absent/r", std::string()}) {
    EXPECT_FALSE(run::Recorder::open({.path = path}, no_report)) << path;
  }
}

}  // namespace
}  // namespace netweir::test
