// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/file_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "kit/collect.h"
#include "kit/contract.h"
#include "pcap/testing.h"

namespace netweir::pcap::test {
namespace {

using netweir::test::Collect;
using netweir::test::drain_all;
using netweir::test::FixedLinks;

/// A folder of its own, gone with the object.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "netweir-pcap-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const char* name, Bytes octets) const {
    std::ofstream out(path_ / name, std::ios::binary);
    for (const auto o : octets) out.put(static_cast<char>(o));
    return path_ / name;
  }
  std::string fifo(const char* name) const {
    EXPECT_EQ(::mkfifo((path_ / name).c_str(), 0600), 0);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

Octets first_packet() {  // of a file that scapy wrote: record header and ARP request
  const auto all = data("scapy.pcap");
  return {all.begin() + 24, all.begin() + 24 + 16 + 42};
}

/// All that a file gives, and the error at its end.
struct Outcome {
  Collect got;
  Error error;
  bool finished = false;
};
Outcome run(const std::string& path, const std::string& filter = {}, std::size_t budget = 256) {
  Outcome out;
  FixedLinks links;
  auto source = FileSource::open(path, filter, 7, links);
  if (!source) {
    out.error = source.error();
    return out;
  }
  for (int step = 0; step < 100000; ++step) {
    auto drained = (*source)->drain(Now{}, budget, out.got);
    if (!drained) {
      out.error = drained.error();
      break;
    }
    if (*drained == Drained::finished) {
      out.finished = true;
      break;
    }
  }
  Collect after;  // an ended life gives nothing more
  auto again = (*source)->drain(Now{}, budget, after);
  EXPECT_TRUE(again && *again == Drained::finished);
  (*source)->stop(Now{}, after);
  EXPECT_TRUE(after.kept.empty() && after.notes.empty());
  return out;
}

TEST(FileSource, KeepsTheContractOnAFifo) {
  netweir::test::check_source_contract([] {
    struct Keep {
      Folder folder;
      FixedLinks links;
      Fd writer;
    };
    auto keep = std::make_shared<Keep>();
    const auto path = keep->folder.fifo("capture");
    netweir::test::Rig rig;
    auto source = FileSource::open(path, {}, 0, keep->links);
    EXPECT_TRUE(source) << (source ? "" : source.error().what);
    rig.source = *std::move(source);
    EXPECT_GE(rig.source->fd(), 0);
    keep->writer = Fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    auto* raw = keep.get();
    rig.feed = [raw](std::size_t n) {
      auto octets = data("scapy.pcap");
      octets.resize(24);
      const auto one = first_packet();
      for (std::size_t i = 0; i < n; ++i) octets.insert(octets.end(), one.begin(), one.end());
      EXPECT_EQ(::write(raw->writer.get(), octets.data(), octets.size()),
                static_cast<ssize_t>(octets.size()));
    };
    rig.keep = keep;
    return rig;
  });
}

TEST(FileSource, AFifoWithoutItsWriterIsIdleAndNotEmpty) {
  const Folder folder;
  FixedLinks links;
  const auto path = folder.fifo("capture");
  auto source = FileSource::open(path, {}, 0, links);
  ASSERT_TRUE(source);
  Collect c;
  for (int i = 0; i < 3; ++i) {
    auto drained = (*source)->drain(Now{}, 8, c);
    ASSERT_TRUE(drained);
    EXPECT_EQ(*drained, Drained::idle);
  }
  const auto octets = data("mergecap.pcapng");
  Fd writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  for (std::size_t i = 0; i < octets.size(); i += 7) {  // in small pieces
    const auto n = std::min<std::size_t>(7, octets.size() - i);
    ASSERT_EQ(::write(writer.get(), octets.data() + i, n), static_cast<ssize_t>(n));
    auto drained = (*source)->drain(Now{}, 8, c);
    ASSERT_TRUE(drained);
    EXPECT_EQ(*drained, Drained::idle);
  }
  writer = Fd();
  auto drained = (*source)->drain(Now{}, 8, c);
  ASSERT_TRUE(drained);
  EXPECT_EQ(*drained, Drained::finished);
  EXPECT_EQ(c.kept.size(), 4U);
  EXPECT_EQ((*source)->progress().total, 0U);
}

TEST(FileSource, AFifoClosedInTheMiddleOfAPacket) {
  const Folder folder;
  FixedLinks links;
  const auto path = folder.fifo("capture");
  auto source = FileSource::open(path, {}, 0, links);
  ASSERT_TRUE(source);
  const auto octets = data("scapy.pcap");
  Fd writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::write(writer.get(), octets.data(), 100), 100);
  writer = Fd();
  Collect c;
  auto drained = (*source)->drain(Now{}, 8, c);
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, EBADMSG);
  EXPECT_EQ(drained.error().what, path + " ends at octet 100, in the middle of packet 2");
  EXPECT_EQ(c.kept.size(), 1U);
}

TEST(FileSource, StandardInput) {
  const Fd saved(::dup(STDIN_FILENO));
  {
    const Fd file(::open(data_path("scapy.pcap").c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::dup2(file.get(), STDIN_FILENO), STDIN_FILENO);
  }
  const auto regular = run("-");
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  Fd writer(ends[1]);
  {
    const Fd reader(ends[0]);
    ASSERT_EQ(::dup2(reader.get(), STDIN_FILENO), STDIN_FILENO);
  }
  const auto octets = data("scapy.pcap");
  ASSERT_EQ(::write(writer.get(), octets.data(), octets.size() - 1),
            static_cast<ssize_t>(octets.size() - 1));
  writer = Fd();
  const auto pipe = run("-");
  const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
  ::dup2(saved.get(), STDIN_FILENO);
  EXPECT_TRUE(regular.finished);
  EXPECT_EQ(regular.got.kept.size(), 3U);
  EXPECT_EQ(pipe.error.what, "standard input ends at octet 234, in the middle of packet 3");
  EXPECT_EQ(pipe.got.kept.size(), 2U);
  EXPECT_EQ(flags & O_NONBLOCK, 0);  // others share that description
}

TEST(FileSource, ErrorsNameTheFileAndTheCause) {
  const Folder folder;
  const auto gzip = folder.file("x.pcap.gz", netweir::test::hex("1f8b0800 00000000 0003"));
  EXPECT_EQ(run("/nonexistent/x.pcap").error.code, ENOENT);
  EXPECT_EQ(run("/nonexistent/x.pcap").error.what,
            "open /nonexistent/x.pcap: No such file or directory");
  EXPECT_EQ(run("/").error.code, EISDIR);
  const auto empty = folder.file("empty", {});
  EXPECT_EQ(run(empty).error.what, empty + " is empty, not a capture");
  EXPECT_EQ(run(empty).error.code, EBADMSG);
  EXPECT_EQ(run("/dev/null").error.what, "/dev/null is empty, not a capture");
  EXPECT_EQ(run("/dev/zero").error.what, "/dev/zero is not a capture");
  EXPECT_EQ(run(gzip).error.what, gzip + " is not a capture, it looks like gzip");
  EXPECT_EQ(run(gzip).error.mend, "gzip -dc " + gzip + " | netweir replay -");
}

TEST(FileSource, ARegularFileIsAlwaysReadyAndTellsHowFarItIs) {
  FixedLinks links;
  const auto path = data_path("scapy.pcap");
  auto source = FileSource::open(path, {}, 0, links);
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->fd(), -1);
  Collect c;
  auto drained = (*source)->drain(Now{}, 2, c);
  ASSERT_TRUE(drained);
  EXPECT_EQ(*drained, Drained::more);
  EXPECT_EQ(c.kept.size(), 2U);
  EXPECT_EQ((*source)->progress().octets, 24U + 58 + 62);
  EXPECT_EQ((*source)->progress().total, 235U);
  EXPECT_EQ(drain_all(**source, c), Drained::finished);
  EXPECT_EQ((*source)->progress().octets, 235U);
}

TEST(FileSource, MoreThanTheBufferHoldsComesWhole) {
  // 20,000 packets of up to 1500 octets and some of 262,144: about 17 MB through 1 MiB.
  const Folder folder;
  auto octets = data("scapy.pcap");
  octets.resize(24);
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < 20000; ++i) {
    sizes.push_back(i % 2000 == 7 ? 262144 : i * 7919 % 1500);
    auto size = static_cast<std::uint32_t>(sizes.back());
    for (int word = 0; word < 4; ++word) {
      const auto value = word < 2 ? static_cast<std::uint32_t>(i) : size;
      for (unsigned b = 0; b < 4; ++b) {
        octets.push_back(static_cast<std::uint8_t>((value >> 8 * b) & 0xffU));
      }
    }
    octets.resize(octets.size() + size, static_cast<std::uint8_t>(i % 251));
  }
  const auto out = run(folder.file("long.pcap", octets), {}, 1000);
  EXPECT_TRUE(out.finished) << out.error.what;
  ASSERT_EQ(out.got.kept.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto& k = out.got.kept[i];
    ASSERT_EQ(k.data.size(), sizes[i]) << i;
    ASSERT_EQ(ns(k.frame), static_cast<std::int64_t>(i) * 1000001000) << i;
    if (!k.data.empty()) {
      ASSERT_EQ(k.data.front(), i % 251);
      ASSERT_EQ(k.data.back(), i % 251);
    }
  }
}

TEST(FileSource, StopReadsOnceMoreAndNotToTheEnd) {
  const Folder folder;
  auto octets = data("scapy.pcap");
  octets.resize(24);
  const auto one = first_packet();
  for (int i = 0; i < 20000; ++i) octets.insert(octets.end(), one.begin(), one.end());
  FixedLinks links;
  auto source = FileSource::open(folder.file("x", octets), {}, 0, links);
  ASSERT_TRUE(source);
  Collect c;
  (*source)->stop(Now{}, c);
  EXPECT_GT(c.kept.size(), 100U);
  EXPECT_LT(c.kept.size(), 10000U);
}

TEST(FileSource, WhatTheFilterRefusesIsCounted) {
  auto out = run(data_path("sections.pcapng"), "arp or (vlan and arp)");
  EXPECT_TRUE(out.finished);
  EXPECT_EQ(out.got.kept.size(), 4U);  // as tcpdump has it, of the Ethernet packets
  EXPECT_EQ(out.got.counts.filtered, 3U);
  EXPECT_EQ(out.got.counts.source, 0U);
  // Nothing of a link type without Ethernet is ARP.
  ASSERT_EQ(out.got.notes.size(), 1U);
  EXPECT_NE(out.got.notes[0].find("link type 101, none passes"), std::string::npos);

  out = run(data_path("mergecap.pcapng"), "udp");  // on both link types
  EXPECT_EQ(out.got.kept.size(), 2U);
  EXPECT_EQ(out.got.counts.filtered, 2U);
  EXPECT_TRUE(out.got.notes.empty());

  out = run(data_path("scapy_raw.pcap"), "arp");
  EXPECT_EQ(out.error.code, EINVAL);
  EXPECT_NE(out.error.what.find("scapy_raw.pcap: filter \"arp\" does not fit"), std::string::npos);
  EXPECT_TRUE(out.got.kept.empty());
}

}  // namespace
}  // namespace netweir::pcap::test
