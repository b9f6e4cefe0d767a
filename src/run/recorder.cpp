// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/recorder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/config.h"
#include "format/names.h"
#include "format/pcapng.h"
#include "run/outbox_writer.h"
#include "run/recorder_state.h"
#include "run/recording_file.h"

namespace netweir::run {
namespace {

namespace pcapng = format::pcapng;

constexpr auto drop_line_every = std::chrono::seconds{10};
constexpr std::uint16_t arphrd_netlink = 824;

/// LINKTYPE_NETLINK's header: sent to us, ARPHRD_NETLINK, 10 octets that mean nothing, protocol.
std::array<std::uint8_t, 16> cooked(int protocol) {
  std::array<std::uint8_t, 16> head{};
  head[2] = arphrd_netlink >> 8U;
  head[3] = arphrd_netlink & 0xffU;
  head[14] = static_cast<std::uint8_t>(static_cast<unsigned>(protocol) >> 8U);
  head[15] = static_cast<std::uint8_t>(static_cast<unsigned>(protocol) & 0xffU);
  return head;
}

std::string_view phase(FlowListing::Phase phase) {
  switch (phase) {
    case FlowListing::Phase::begins:
      return "begins";
    case FlowListing::Phase::ends:
      return "ends";
    case FlowListing::Phase::fails:
      return "fails";
  }
  return {};
}

}  // namespace

bool recordable(const SourceKind& kind) noexcept {
  return kind.recording.netlink_family >= 0 || !kind.generic_family.empty();
}

/// All of the loop's half.
class Recorder::Inlet {
 public:
  Inlet(Settings settings, Report report, std::unique_ptr<Sink> file)
      : settings_(std::move(settings)),
        report_(std::move(report)),
        writer_(std::make_shared<Writer>(std::move(file))) {
    writer_->start();
  }

  /// One interface block of each file.
  class Line final : public Tap {
   public:
    Line(Inlet& inlet, std::uint32_t number) : inlet_(inlet), number_(number) {}
    void datagram(const Datagram& datagram) override { inlet_.datagram(*this, datagram); }
    void looked(std::uint32_t drops, bool emptied, WallTime at) override {
      inlet_.looked(*this, drops, emptied, at);
    }
    void listing(const FlowListing& listing) override { inlet_.listing(*this, listing); }

    /// A life: the next block of this line says so.
    void begin() noexcept { begins_ = true; }

   private:
    friend class Inlet;
    void drop(std::uint64_t datagrams) noexcept {
      since_ += datagrams;
      all_ += datagrams;
    }
    Inlet& inlet_;
    std::uint32_t number_;
    std::string name_, type_, settings_;
    RecorderState state_;
    bool described_ = false;   ///< in a file: its interface block stands there
    bool begins_ = false;      ///< the next thing that is written begins a life
    bool void_ = false;        ///< of the listing that is open something was not recorded
    bool gap_ = false;         ///< of ours: datagrams came, and were not recorded
    std::uint64_t since_ = 0;  ///< drops since the last datagram of this file
    std::uint64_t told_ = 0;   ///< of these, what a statistics block has said
    bool unlooked_ = false;    ///< a datagram has told of drops, and no statistics since
    std::uint64_t all_ = 0;    ///< drops of this file
  };

  Line* line(std::string_view name, std::string_view type, std::string settings);
  void flush() {
    if (!current_.front().empty()) writer_->hand_over(current_);
  }
  void watch(AgeTime now);
  RecordingLedger close(std::chrono::milliseconds limit);

 private:
  friend class Recorder;
  void datagram(Line& line, const Datagram& datagram);
  void looked(Line& line, std::uint32_t drops, bool emptied, WallTime at);
  void listing(Line& line, const FlowListing& listing);
  void begin_file(WallTime at);
  void end_file(WallTime at);
  bool due(WallTime at) const;
  void interface(Line& line);
  void state(Line& line, WallTime at);
  void packet(Line& line, int protocol, Bytes octets, WallTime at, const Datagram* datagram);
  void news(Line& line, WallTime at, std::string_view what);
  /// Room for a block; after a drop only when a quarter of the queue is free again.
  bool room(std::size_t octets);
  std::uint64_t queued() const noexcept { return entered_ - writer_->taken(); }
  std::string& block() { return current_.front().octets; }
  void enter();

  Settings settings_;
  Report report_;
  std::shared_ptr<Writer> writer_;
  Writer::Chunks current_ = Writer::Chunks(1);
  std::vector<std::unique_ptr<Line>> lines_;
  std::uint64_t entered_ = 0;  ///< octets
  std::uint64_t file_ = 0;     ///< octets of this file
  WallTime since_{};           ///< when this file was begun
  bool rotate_ = true;
  bool full_ = false;
  bool closed_ = false;
  RecordingLedger ledger_;
  bool failing_ = false;
  std::uint64_t said_ = 0;  ///< of ledger_.dropped
  AgeTime say_ = AgeTime::min();
};

Recorder::Inlet::Line* Recorder::Inlet::line(std::string_view name, std::string_view type,
                                             std::string settings) {
  for (auto& known : lines_) {
    if (known->name_ != name || known->type_ != type || known->settings_ != settings) continue;
    return known.get();
  }
  auto made = std::make_unique<Line>(*this, static_cast<std::uint32_t>(lines_.size()));
  made->name_ = name;
  made->type_ = type;
  made->settings_ = std::move(settings);
  lines_.push_back(std::move(made));
  if (!rotate_) interface(*lines_.back());
  return lines_.back().get();
}

/// The block at the end of the current chunk is whole.
void Recorder::Inlet::enter() {
  auto& chunk = current_.front();
  const auto begin = chunk.ends.empty() ? 0 : chunk.ends.back();
  const auto octets = chunk.octets.size() - begin;
  chunk.ends.push_back(chunk.octets.size());
  entered_ += octets;
  file_ += octets;
  if (chunk.octets.size() >= Chunk::size) writer_->hand_over(current_);
}

bool Recorder::Inlet::room(std::size_t octets) {
  const auto limit = full_ ? settings_.queue - settings_.queue / 4 : settings_.queue;
  full_ = queued() + octets > limit;
  return !full_;
}

bool Recorder::Inlet::due(WallTime at) const {
  if (rotate_) return true;
  if (settings_.rotate_size != 0 && file_ >= settings_.rotate_size) return true;
  // Where the clock was set back, no file covers the time until it is there again.
  const auto covers = std::chrono::abs(at - since_);
  return settings_.rotate_time.count() != 0 && covers >= settings_.rotate_time;
}

void Recorder::Inlet::interface(Line& line) {
  line.described_ = true;
  pcapng::append_interface(block(), {.link = linktype::netlink,
                                     .name = line.name_,
                                     .description = line.type_,
                                     .comment = line.settings_});
  enter();
}

/// What lets the file be read from here on.
void Recorder::Inlet::state(Line& line, WallTime at) {
  line.state_.each(
      [&](int protocol, Bytes message) { packet(line, protocol, message, at, nullptr); });
}

/// What a file knows of drops must not wait for the next file.
void Recorder::Inlet::end_file(WallTime at) {
  for (auto& line : lines_) {
    if (!line->described_) continue;
    if (line->unlooked_ || line->since_ != line->told_) news(*line, at, "netweir: looked");
  }
}

void Recorder::Inlet::begin_file(WallTime at) {
  end_file(at);
  rotate_ = false;
  since_ = at;
  file_ = 0;
  ++ledger_.files;
  pcapng::append_section(block(), settings_.application);
  enter();
  for (auto& line : lines_) {
    // What the file before has told is not told again.
    line->since_ -= std::exchange(line->told_, 0);
    line->all_ = line->since_;
    interface(*line);
  }
  for (auto& line : lines_) state(*line, at);
}

void Recorder::Inlet::packet(Line& line, int protocol, Bytes octets, WallTime at,
                             const Datagram* datagram) {
  const auto head = cooked(protocol);
  pcapng::Packet packet;
  packet.interface = line.number_;
  packet.at = at;
  packet.head = head;
  packet.octets = octets;
  std::string comment;
  if (datagram != nullptr) {
    packet.length = static_cast<std::uint32_t>(head.size()) + datagram->length;
    packet.drops = std::exchange(line.since_, 0);
    line.told_ = 0;
    line.unlooked_ = line.unlooked_ || packet.drops != 0;
    if (datagram->port != 0) comment = "netweir: sender port id " + std::to_string(datagram->port);
    packet.comment = comment;
  }
  pcapng::append_packet(block(), packet);
  enter();
}

void Recorder::Inlet::news(Line& line, WallTime at, std::string_view what) {
  line.told_ = line.since_;
  line.unlooked_ = false;
  pcapng::Statistics statistics;
  statistics.interface = line.number_;
  statistics.at = at;
  statistics.drops = line.all_;
  statistics.comment = what;
  if (what == "netweir: begins") statistics.start = at;
  pcapng::append_statistics(block(), statistics);
  enter();
}

void Recorder::Inlet::datagram(Line& line, const Datagram& datagram) {
  if (closed_) return;
  line.drop(datagram.drops);
  if (!room(datagram.octets.size())) {
    if (datagram.port == 0) line.state_.see(datagram.protocol, datagram.octets);
    line.gap_ = true;
    line.void_ = true;
    line.drop(1);
    if (ledger_.dropped++ == said_) writer_->wake_loop();
    return;
  }
  if (due(datagram.at)) begin_file(datagram.at);
  if (std::exchange(line.begins_, false)) news(line, datagram.at, "netweir: begins");
  if (std::exchange(line.gap_, false)) {
    // What comes now was received after all that is missing: said as after an emptied queue, once
    // that something is missing, and once that nothing of before comes any more.
    news(line, datagram.at, "netweir: emptied");
    news(line, datagram.at, "netweir: emptied");
    state(line, datagram.at);
  }
  packet(line, datagram.protocol, datagram.octets, datagram.at, &datagram);
  if (datagram.port == 0) line.state_.see(datagram.protocol, datagram.octets);
  ++ledger_.datagrams;
}

void Recorder::Inlet::looked(Line& line, std::uint32_t drops, bool emptied, WallTime at) {
  if (closed_) return;
  line.drop(drops);
  if (line.gap_ || !room(pcapng::packet_overhead)) {
    line.gap_ = true;  // said before the next datagram
    return;
  }
  if (due(at)) begin_file(at);
  if (std::exchange(line.begins_, false)) news(line, at, "netweir: begins");
  news(line, at, emptied ? "netweir: emptied" : "netweir: looked");
}

void Recorder::Inlet::listing(Line& line, const FlowListing& listing) {
  if (closed_) return;
  std::string what = "netweir: listing ";
  what += phase(listing.phase);
  what += ' ';
  what += format::word(listing.reason);
  if (listing.repeated) what += " repeated";
  if (!room(pcapng::packet_overhead + what.size())) {
    line.void_ = true;
    return;
  }
  if (due(listing.at)) begin_file(listing.at);
  if (std::exchange(line.begins_, false)) news(line, listing.at, "netweir: begins");
  // What is not whole must close nothing.
  if (listing.phase == FlowListing::Phase::begins) line.void_ = false;
  if (line.void_) return;
  news(line, listing.at, what);
}

void Recorder::Inlet::watch(AgeTime now) {
  writer_->clear_news();
  const auto failure = writer_->failure();
  const auto recording = "recording " + settings_.path + ": ";
  if (failure.failing != failing_) {
    failing_ = failure.failing;
    report_(failing_ ? Note::Level::warning : Note::Level::info,
            recording + (failing_ ? failure.error + "; trying again" : "written again"));
  }
  if (ledger_.dropped == said_ || now < say_) return;
  say_ = now + drop_line_every;
  report_(Note::Level::warning, recording + std::to_string(ledger_.dropped - said_) +
                                    " datagrams were not recorded: the disk is full or slow");
  said_ = ledger_.dropped;
}

RecordingLedger Recorder::Inlet::close(std::chrono::milliseconds limit) {
  if (std::exchange(closed_, true)) return ledger_;
  end_file(since_);
  flush();
  writer_->close(limit);
  ledger_.octets = writer_->taken();
  return ledger_;
}

Recorder::Recorder(std::unique_ptr<Inlet> inlet) : inlet_(std::move(inlet)) {}

Recorder::~Recorder() { inlet_->writer_->end(); }

Result<std::unique_ptr<Recorder>> Recorder::open(Settings settings, Report report) {
  auto file = RecordingFile::open(settings.path, settings.files);
  if (!file) return std::move(file).error();
  return std::unique_ptr<Recorder>(new Recorder(
      std::make_unique<Inlet>(std::move(settings), std::move(report), *std::move(file))));
}

Tap* Recorder::tap(const SourceConfig& source) {
  if (!recordable(*source.kind)) return nullptr;
  auto* line = inlet_->line(source.name, source.kind->name, config::effective(source));
  line->begin();
  return line;
}

Tap* Recorder::links(std::string_view netns) { return inlet_->line(netns, recorded_links, {}); }

void Recorder::flush() { inlet_->flush(); }
void Recorder::rotate() noexcept { inlet_->rotate_ = true; }
int Recorder::fd() const noexcept { return inlet_->writer_->news(); }
void Recorder::watch(AgeTime now) { inlet_->watch(now); }
RecordingLedger Recorder::close(std::chrono::milliseconds limit) { return inlet_->close(limit); }

}  // namespace netweir::run
