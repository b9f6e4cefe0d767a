// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/replay.h"

#include <poll.h>

#include <algorithm>

namespace netweir::run {
namespace {

constexpr std::size_t packets_a_turn = 16384;
constexpr int poll_ms = 100;
constexpr int drain_poll_ms = 5;

bool output_gone(Outputs& outputs) {
  for (auto& one : outputs.all()) {
    if (one->box->state().gone) one->gone = true;
  }
  return outputs.all_gone();
}

void add(Ledger& to, const Ledger& l) {
  to.filtered += l.filtered;
  to.rejected += l.rejected;
  to.done += l.done;
  to.cut += l.cut;
  to.malformed += l.malformed;
  to.unsupported += l.unsupported;
  to.too_many_layers += l.too_many_layers;
  to.foreign += l.foreign;
  to.truncated += l.truncated;
  to.lost += l.lost;
  to.lost_exact = to.lost_exact && l.lost_exact;
}

/// One file to its end. An Error: it is broken; what is before that was handed over.
Status read_all(Source& source, const Replay& what, std::size_t index, Pipeline& pipeline,
                Outputs& outputs, ReplayEnding& ending) {
  while (!ending.stopped && !ending.reader_gone) {
    auto drained = source.drain(Now{}, packets_a_turn, pipeline);
    outputs.flush();
    if (!drained) return std::move(drained).error();
    if (what.progress) what.progress(index, source.progress());
    ending.stopped = !what.go_on();
    ending.reader_gone = output_gone(outputs);
    if (*drained == Drained::finished) return Ok{};
    if (*drained == Drained::idle && source.fd() >= 0) {  // a pipe: wait for its writer
      pollfd p{.fd = source.fd(), .events = POLLIN, .revents = 0};
      (void)::poll(&p, 1, poll_ms);
    }
  }
  return Ok{};
}

}  // namespace

Result<ReplayEnding> replay(const Replay& what, Privileged& privileged) {
  netlink::LinkTable links;
  Outputs outputs;
  for (const auto& config : what.outputs) {
    auto one = Outputs::open(config, what.identity.host);
    if (!one) return std::move(one).error();
    outputs.add(*std::move(one));
  }
  outputs.set_viewer(what.viewer);
  outputs.wait_while(what.go_on);
  Pipeline pipeline(Pipeline::Mode::replay, what.identity, what.bindings, what.expire, links,
                    outputs, what.report);
  pipeline.set_stations(what.stations, what.age_stations);
  pipeline.set_traffic(what.traffic);
  pipeline.set_stats(what.stats);
  ReplayEnding ending;
  std::vector<SourceId> ids;
  for (const auto& file : what.files) ids.push_back(pipeline.add(file));
  for (std::size_t i = 0; i < what.files.size() && !ending.stopped && !ending.reader_gone; ++i) {
    const auto& file = what.files[i];
    const SourceContext context{.id = ids[i],
                                .now = {},
                                .privileged = privileged,
                                .links = links.scope("file:" + file.name)};
    auto source = file.kind->open(file, context);
    if (!source) {
      pipeline.state(ids[i], SourceState::down, source.error().what);
      if (ending.error.what.empty()) ending.error = std::move(source).error();
      continue;
    }
    pipeline.state(ids[i], SourceState::up, {});
    auto read = read_all(**source, what, i, pipeline, outputs, ending);
    (*source)->stop(Now{}, pipeline);
    pipeline.state(ids[i], SourceState::down, read ? "finished" : read.error().what);
    if (!read && ending.error.what.empty()) ending.error = std::move(read).error();
  }
  pipeline.finish();
  const Event last = pipeline.goodbye_event(ending.stopped ? "stopped" : "finished");
  outputs.flush();
  for (auto& one : outputs.all()) {
    // A reader that reads, however slowly, gets everything; a signal ends the waiting.
    while (!ending.stopped && one->box->ledger().queued > 0 && !one->box->state().gone) {
      (void)::poll(nullptr, 0, drain_poll_ms);
      ending.stopped = !what.go_on();
    }
    ending.outputs.push_back(one->box->close(&last, pipeline.wall(), std::chrono::seconds{3}));
  }
  ending.reader_gone = ending.reader_gone || output_gone(outputs);
  for (const auto& l : pipeline.ledgers()) add(ending.total, l);
  ending.events = pipeline.events();
  ending.bindings = pipeline.tracker().size();
  return ending;
}

}  // namespace netweir::run
