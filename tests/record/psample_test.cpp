// SPDX-License-Identifier: GPL-2.0-or-later
// psample in a recording: the family's id first in each file, tshark's fields, loss, another id.
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include <array>
#include <cstring>
#include <string>

#include "record/rig.h"

namespace netweir::test {
namespace {

/// A datagram of the kernel's numbers, whose family has the id 0x1d (sources/psample/corpus).
Octets sample(const std::string& name, std::uint16_t id = 0x1d) {
  auto octets = content(NETWEIR_ROOT "/sources/psample/corpus/message/" + name);
  std::memcpy(octets.data() + 4, &id, sizeof id);
  return octets;
}

/// The controller's answer, built by libmnl.
Octets family(std::uint16_t id) {
  alignas(nlmsghdr) std::array<char, 256> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = GENL_ID_CTRL;
  auto* head = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr)));
  head->cmd = CTRL_CMD_NEWFAMILY;
  head->version = 2;
  mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, "psample");
  mnl_attr_put_u16(message, CTRL_ATTR_FAMILY_ID, id);
  mnl_attr_put_u32(message, CTRL_ATTR_VERSION, 1);
  return {storage.data(), storage.data() + message->nlmsg_len};
}

const SourceKind* psample() {
  for (const auto* kind : source_kinds()) {
    if (kind->name == "psample" && kind->absent.empty()) return kind;
  }
  return nullptr;
}

class RecordPsample : public testing::Test {
 protected:
  void SetUp() override {
    if (psample() == nullptr) GTEST_SKIP() << "this build has no psample source";
  }
  const Folder folder;
  const std::string path = folder / "r.pcapng";
};

TEST_F(RecordPsample, tshark_shows_its_fields) {
  {
    auto r = recorder({.path = path});
    auto* tap = r->tap(source("psample:7", "asic"));
    ASSERT_NE(tap, nullptr);
    tap->datagram(datagram(NETLINK_GENERIC, family(0x1d), 0));
    tap->datagram(datagram(NETLINK_GENERIC, sample("linux_4_11"), 1000));
    tap->datagram(datagram(NETLINK_GENERIC, sample("driver"), 2000, 5));
    (void)r->close(5s);
  }
  const auto text = output_of(
      "tshark -n -r " + path +
      " -Y psample -T fields -e frame.interface_name -e frame.interface_description"
      " -e psample.iifindex -e psample.sample_group -e psample.sample_rate -e psample.origsize"
      " -e frame.drop_count -e arp.src.proto_ipv4");
  // Without PSAMPLE_ATTR_PROTO, as before Linux 5.13, tshark does not look into the packet.
  EXPECT_EQ(text,
            "asic\tpsample\t0x0003\t7\t100\t0x0000003c\t\t\n"
            "asic\tpsample\t0x0003\t7\t100\t0x0000003c\t5\t10.9.0.9\n");
  const auto more = output_of("tshark -n -r " + path +
                              " -Y psample.latency -T fields -e psample.out_tc -e psample.latency"
                              " -e psample.out_tc_occ -e psample.proto -e frame.drop_count");
  EXPECT_NE(more.find("\t5\n"), std::string::npos) << more;
  EXPECT_EQ(output_of("tshark -n -r " + path + " -Y _ws.malformed"), "");
}

TEST_F(RecordPsample, replay_maps_the_id_and_counts_the_loss) {
  {
    auto r = recorder({.path = path});
    auto* tap = r->tap(source("psample:7", "asic"));
    tap->datagram(datagram(NETLINK_GENERIC, sample("linux_4_11", 0x44), 0));  // of no known family
    tap->datagram(datagram(NETLINK_GENERIC, family(0x1d), 1));
    tap->datagram(datagram(NETLINK_GENERIC, sample("linux_4_11"), 1000));
    tap->datagram(datagram(NETLINK_GENERIC, sample("linux_4_11"), 2000, 5));
    tap->looked(3, false, at(3000));
    tap->datagram(datagram(NETLINK_GENERIC, family(0x44), 4000));  // the module came again
    tap->datagram(datagram(NETLINK_GENERIC, sample("linux_4_11", 0x44), 5000));
    tap->datagram(datagram(NETLINK_GENERIC, sample("linux_4_11", 0x1d), 6000));
    const auto last = sample("linux_4_11", 0x44);
    auto cut = datagram(NETLINK_GENERIC, last, 7000);
    ++cut.length;
    tap->datagram(cut);
    (void)r->close(5s);
  }
  const auto ending = replayed(path);
  EXPECT_TRUE(ending.error.what.empty()) << ending.error.what;
  EXPECT_EQ(ending.total.done, 3U);
  EXPECT_EQ(ending.total.unsupported, 2U) << "of no known family: counted for the file";
  EXPECT_EQ(ending.total.lost, 5U + 3U + 1U);
  EXPECT_TRUE(ending.total.lost_exact);
  EXPECT_EQ(ending.total.truncated, 1U);
}

TEST_F(RecordPsample, each_file_has_the_family_and_no_loss_is_told_twice) {
  {
    auto r = recorder({.path = path, .rotate_size = 8192});
    auto* tap = r->tap(source("psample", "asic"));
    tap->datagram(datagram(NETLINK_GENERIC, family(0x1d), 0));
    for (int i = 0; i < 500; ++i) {
      tap->datagram(datagram(NETLINK_GENERIC, sample("linux_4_11"), 1000 + i, i % 10 == 0 ? 1 : 0));
      if (i % 7 == 0) tap->looked(2, false, at(1000 + i));
    }
    (void)r->close(5s);
  }
  const auto files = folder.files();
  ASSERT_GT(files.size(), 5U);
  std::uint64_t done = 0;
  std::uint64_t lost = 0;
  std::uint64_t in_packets = 0;
  for (const auto& file : files) {
    const auto ending = replayed(folder / file);
    EXPECT_EQ(ending.total.unsupported, 0U) << file;
    done += ending.total.done;
    lost += ending.total.lost;
    const auto drops =
        output_of("tshark -n -r " + (folder / file) + " -Y psample -T fields -e frame.drop_count");
    std::size_t at = 0;
    for (std::size_t end = 0; (end = drops.find('\n', at)) != std::string::npos; at = end + 1)
      in_packets += end == at ? 0 : std::strtoul(drops.c_str() + at, nullptr, 10);
  }
  EXPECT_EQ(done, 500U);
  EXPECT_EQ(lost, 50U + 2U * 72U);
  EXPECT_LE(in_packets, lost);
  EXPECT_GT(in_packets, 50U);
}

}  // namespace
}  // namespace netweir::test
