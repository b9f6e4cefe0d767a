// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "app/exit_code.h"
#include "app/verbs.h"

namespace {

using netweir::app::Arguments;

/// A closed standard descriptor would be given to the next socket, and events written into that.
void open_standard_descriptors() {
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);
  }
}

void add_events(CLI::App* verb, Arguments& a) {
  verb->add_option("--format", a.format, "native (default) or netmon")->type_name("FORMAT");
  verb->add_option("--events", a.events,
                   "event types to write, with commas between: "
                   "binding,station,packet,flow,nat,traffic,loss,source,alert,stats")
      ->type_name("TYPES");
}

void add_log_level(CLI::App* verb, Arguments& a) {
  verb->add_option("--log-level", a.log_level, "of the messages on standard error")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
}

void add_probe(CLI::App* probe, netweir::app::ProbeArguments& p) {
  probe->add_option("INTERFACE", p.interface, "an Ethernet interface")->required()->type_name("");
  probe->add_flag("--reflect", p.reflect, "only answer the probes of others");
  probe->add_option("--to", p.to, "whom to probe; default: whoever answers first")
      ->type_name("MAC");
  probe->add_option("--count", p.count, "end after so many probes; 0: at ^C")
      ->type_name("NUMBER")
      ->capture_default_str();
  probe->add_option("--rate", p.rate, "probes a second")
      ->type_name("NUMBER")
      ->capture_default_str();
  probe->add_option("--size", p.size, "octets of a frame")
      ->type_name("OCTETS")
      ->capture_default_str();
  probe->add_option("--timeout", p.timeout, "a probe without an answer by then is lost")
      ->type_name("DURATION")
      ->capture_default_str();
  probe->add_flag("--synchronised", p.synchronised,
                  "both clocks are kept together (PTP): one-way times are delays");
  probe->add_flag("--json", p.json, "the figures as JSON, durations in nanoseconds");
}

int dispatch(int argc, char** argv) {
  Arguments a;
  netweir::app::ProbeArguments p;
  CLI::App app{
      "netweir turns what the Linux kernel samples, logs and tracks into one stream of events:\n"
      "which MAC has which IP, and always what was lost."};
  app.name("netweir");
  app.footer("Try: netweir run pcap:eth0     netweir replay capture.pcap     man netweir");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("netweir ") + NETWEIR_VERSION);

  auto* run = app.add_subcommand(
      "run", "run the daemon from a configuration file, or quickly from sources");
  run->add_option("-c,--config", a.config, "configuration file (default /etc/netweir/netweir.yaml)")
      ->type_name("FILE");
  run->add_option("SOURCE", a.positional, "nflog:5  nflog:5,6  pcap:eth0  pcap:capture.pcap")
      ->type_name("");
  add_events(run, a);
  add_log_level(run, a);

  auto* record = app.add_subcommand(
      "record",
      "keep what netlink sources receive, untouched, in pcapng files that replay and "
      "Wireshark read");
  record
      ->add_option("-c,--config", a.config,
                   "takes `sources` from this file (default /etc/netweir/netweir.yaml)")
      ->type_name("FILE");
  record->add_option("SOURCE", a.positional, "nflog:5  nflog:5,6")->type_name("");
  record
      ->add_option("-w,--write", a.write,
                   "the recording; files before it become FILE-000001.pcapng and so on")
      ->required()
      ->type_name("FILE.pcapng");
  record
      ->add_option("--rotate-size", a.rotate_size, "begin a new file after so many octets, or off")
      ->type_name("SIZE")
      ->capture_default_str();
  record->add_option("--rotate-time", a.rotate_time, "begin a new file after so long, or off")
      ->type_name("DURATION")
      ->capture_default_str();
  record->add_option("--files", a.files, "files to keep, the current one included, or off")
      ->type_name("NUMBER")
      ->capture_default_str();
  add_events(record, a);
  add_log_level(record, a);

  auto* replay = app.add_subcommand(
      "replay", "captures through the same pipeline, as fast as they can be read");
  replay->add_option("FILE", a.positional, "pcap or pcapng; - is standard input")
      ->required()
      ->type_name("");
  replay->add_option("-c,--config", a.config, "takes bindings and outputs from this file")
      ->type_name("FILE");
  add_events(replay, a);
  add_log_level(replay, a);

  auto* top = app.add_subcommand(
      "top", "rates, losses, interfaces, talkers and protocols of sources, on the screen");
  top->add_option("-c,--config", a.config,
                  "takes `sources` from this file (default /etc/netweir/netweir.yaml)")
      ->type_name("FILE");
  top->add_option("SOURCE", a.positional, "nflog:5  psample  pcap:eth0  pcap:capture.pcap")
      ->type_name("");
  top->add_option("--interval", a.interval, "how long is counted for one rate; 100ms to 1h")
      ->type_name("DURATION")
      ->capture_default_str();
  top->add_flag("--json", a.json, "traffic, source and loss events, as run writes them");
  add_log_level(top, a);

  auto* check =
      app.add_subcommand("check", "read a configuration file and say what is wrong with it");
  check
      ->add_option("-c,--config", a.config,
                   "configuration file (default /etc/netweir/netweir.yaml)")
      ->type_name("FILE");
  check->add_flag("--effective", a.effective, "print the configuration with every default");

  auto* sources = app.add_subcommand("sources", "which kinds of source work here, and if not, why");
  sources
      ->add_option("-c,--config", a.config,
                   "looks in its network namespaces, and suggests for its interfaces")
      ->type_name("FILE");
  sources->add_flag("--json", a.json, "as JSON");

  auto* probe = app.add_subcommand(
      "probe", "round trips, losses and delays of Ethernet frames between two ends, by timestamps");
  add_probe(probe, p);

  auto* version = app.add_subcommand("version", "print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    (void)std::fprintf(stderr, "netweir: error: %s\n  try: netweir --help\n", e.what());
    return netweir::app::usage;
  }
  if (run->parsed()) return netweir::app::run(a);
  if (record->parsed()) return netweir::app::record(a);
  if (replay->parsed()) return netweir::app::replay(a);
  if (top->parsed()) return netweir::app::top(a);
  if (check->parsed()) return netweir::app::check(a);
  if (sources->parsed()) return netweir::app::sources(a);
  if (probe->parsed()) return netweir::app::probe(p);
  (void)version;
  return netweir::app::version();
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  try {
    return dispatch(argc, argv);
  } catch (const std::bad_alloc&) {
    (void)std::fputs("netweir: error: out of memory\n", stderr);
    return netweir::app::os_error;
  } catch (const std::exception& e) {
    (void)std::fprintf(stderr, "netweir: internal error: %s\n", e.what());
    return netweir::app::internal;
  }
}
