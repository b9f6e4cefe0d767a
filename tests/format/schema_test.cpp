// SPDX-License-Identifier: GPL-2.0-or-later
// docs/event.schema.json and tests/kit/validate_events.py: what we write passes, and nothing else.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "format/native.h"
#include "format/samples.h"
#include "kit/json.h"

namespace netweir {
namespace {

using test::Samples;

/// Many streams through the checker of one Python process, since starting that takes a second.
class Verdicts {
 public:
  void expect(bool good, std::string lines, const std::string& what, const char* options = "") {
    cases_.push_back({good, std::move(lines), what, options});
  }
  void check() const {
    const auto folder =
        std::filesystem::temp_directory_path() / ("netweir_schema_" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    std::string script = "import sys; sys.path.insert(0, '" NETWEIR_ROOT
                         "/tests/kit'); sys.dont_write_bytecode = True\n"
                         "from validate_events import check\n";
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const auto file = folder / std::to_string(i);
      std::ofstream(file, std::ios::binary) << cases_[i].lines;
      script +=
          "print(check(open('" + file.string() + "', 'rb')" + cases_[i].options + ").problems)\n";
    }
    std::ofstream(folder / "script.py") << script;
    const std::string command =
        "/usr/bin/python3 " + (folder / "script.py").string() + " 2>/dev/null";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::size_t seen = 0;
    for (char line[32]; std::fgets(line, sizeof line, pipe) != nullptr; ++seen) {
      ASSERT_LT(seen, cases_.size());
      EXPECT_EQ(std::string_view(line) == "0\n", cases_[seen].good) << cases_[seen].what;
    }
    EXPECT_EQ(::pclose(pipe), 0);
    EXPECT_EQ(seen, cases_.size());
    std::filesystem::remove_all(folder);
  }

 private:
  struct Case {
    bool good;
    std::string lines, what;
    const char* options;
  };
  std::vector<Case> cases_;
};

std::string stream(const Samples& s) {
  const format::Native native("switch7");
  std::string out;
  std::uint64_t seq = 0;
  for (const auto& event : s.all()) native.append(event, ++seq, out);
  return out;
}

/// Every action and reason, kinds of tuples and translations, and ends that no event told.
std::string flows() {
  Samples s;
  const format::Native native("switch7");
  std::string out;
  std::uint64_t seq = 0;
  native.append(s.hello(), ++seq, out);
  native.append(s.resync(SourceState::resync_begin), ++seq, out);
  const auto both = [&] {
    native.append(s.flow(), ++seq, out);
    if (nat_of(s.session.flow.orig, s.session.flow.reply)) native.append(s.nat(), ++seq, out);
  };
  const Ip inside = Ip::v4(192, 168, 10, 26), outside = Ip::v4(203, 0, 113, 7),
           server = Ip::v4(8, 8, 8, 8);
  const FlowTuple echo{
      .src = inside, .dst = server, .protocol = 1, .has_icmp = true, .icmp_type = 8, .icmp_id = 7};
  const FlowTuple bare{.src = inside, .dst = server, .protocol = 253};
  for (const auto& orig : {s.session.flow.orig, echo, bare}) {
    s.session.flow.orig = orig;
    for (const bool source : {false, true}) {
      for (const bool destination : {false, true}) {
        s.session.flow.reply = inverse(orig);
        if (source) s.session.flow.reply.dst = outside;
        if (destination) s.session.flow.reply.src = outside;
        for (const auto reason : {FlowReason::kernel, FlowReason::dump, FlowReason::resync,
                                  FlowReason::reconcile, FlowReason::filter}) {
          s.session.reason = reason;
          s.session.action = FlowAction::created;
          both();
          s.session.action = FlowAction::updated;
          native.append(s.flow(), ++seq, out);
          s.session.action = FlowAction::ended;
          both();
          s.session.inferred = true;
          both();
          s.session.inferred = false;
        }
      }
    }
  }
  s.session.action = FlowAction::created;
  const std::pair<std::uint16_t, std::uint16_t> zones[] = {{0, 0}, {1, 0}, {0, 2}, {1, 2}, {3, 3}};
  for (const auto& [zone, reply_zone] : zones) {
    s.session.flow.zone = zone;
    s.session.flow.reply_zone = reply_zone;
    for (unsigned bit = 0; bit < 9; ++bit) {
      s.session.flow.has = static_cast<std::uint16_t>(1U << bit);
      both();
    }
  }
  native.append(s.resync(SourceState::resync_end), ++seq, out);
  native.append(s.goodbye(), ++seq, out);
  return out;
}

TEST(Schema, takes_stations) {
  Verdicts verdicts;
  const Samples s;
  const format::Native native("switch7");
  const auto judge = [&](bool good, Event event, const char* what) {
    std::string out;
    native.append(s.hello(), 1, out);
    native.append(event, 2, out);
    native.append(s.goodbye(), 3, out);
    verdicts.expect(good, out, what);
  };
  judge(true, s.station(StationAction::created), "NEW");
  judge(true, s.station(StationAction::moved), "MOVED");
  Event moved = s.station(StationAction::moved);
  std::get<StationEvent>(moved.body).previous_iface = {};
  judge(true, moved, "MOVED from where nobody knows");
  Event expired = s.station(StationAction::expired);
  for (const auto reason : {ExpiredReason::age, ExpiredReason::table_full}) {
    std::get<StationEvent>(expired.body).reason = reason;
    judge(true, expired, "EXPIRED");
  }
  const SourceName source{"wire", "pcap"};
  expired.source = &source;
  judge(false, expired, "EXPIRED has no source");
  moved.source = nullptr;
  judge(false, moved, "MOVED has one");
  verdicts.check();
}

TEST(Schema, takes_what_we_write) {
  Verdicts verdicts;
  Samples s;
  for (const auto action : {BindingAction::created, BindingAction::refreshed, BindingAction::moved,
                            BindingAction::expired}) {
    s.change.action = action;
    const format::Native native("switch7");
    std::string out;
    native.append(s.hello(), 1, out);
    Event event = s.binding();
    if (action == BindingAction::expired) event.source = nullptr;
    native.append(event, 2, out);
    s.lost.cause = "output_full";
    event = s.loss();
    event.source = nullptr;
    event.grouped = false;
    native.append(event, 3, out);
    native.append(s.plain_packet(), 4, out);
    native.append(s.traffic_rest(), 5, out);
    native.append(s.goodbye(), 6, out);
    verdicts.expect(true, out, "an action");
  }
  verdicts.expect(false, stream(s), "an EXPIRED with a source");
  s.change.action = BindingAction::moved;
  verdicts.expect(true, flows(), "flows");
  s.ledgers[0].lost = 1024;
  const auto good = stream(s);
  verdicts.expect(true, good, "all types");
  verdicts.expect(false, good + good, "two streams");
  verdicts.expect(true, good + good, "two streams, appended", ", appended=True");
  const auto no_goodbye = good.substr(0, good.rfind('\n', good.size() - 2) + 1);
  verdicts.expect(false, no_goodbye, "no goodbye");
  verdicts.expect(true, no_goodbye, "no goodbye yet", ", unfinished=True");
  verdicts.check();
}

/// The examples of docs/events.md that are whole events, each on one line as in a stream.
TEST(Schema, takes_the_documented_examples) {
  std::ifstream page(NETWEIR_ROOT "/docs/events.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  const std::string begin = "```json\n{\"timestamp\"";
  const format::Native native("switch7");
  const Samples s;
  Verdicts verdicts;
  std::set<std::string> types;
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    const auto from = at + 8;
    auto example = text.substr(from, text.find("```", from) - from);
    std::erase(example, '\n');
    const auto json = test::parse_json(example);
    std::string out;
    native.append(s.hello(), json["seq"].get<std::uint64_t>() - 1, out);
    verdicts.expect(true, out + example + "\n", example, ", unfinished=True");
    types.insert(json["event_type"].get<std::string>());
  }
  EXPECT_EQ(types, (std::set<std::string>{"binding", "flow", "nat", "station", "traffic"}));
  verdicts.check();
}

TEST(Schema, refuses_everything_else) {
  Verdicts verdicts;
  Samples s;
  s.ledgers[0].lost = 1024;
  const auto good = stream(s);
  verdicts.expect(true, good, "unchanged");
  const std::pair<const char*, const char*> changes[] = {
      {"\"seq\":3", "\"seq\":4"},                                 // a gap
      {"\"seq\":1", "\"seq\":0"},                                 // does not begin with 1
      {"\"schema\":1", "\"schema\":2"},                           // a schema we do not know
      {",\"count\":17", ",\"counts\":17"},                        // a key nobody knows
      {",\"count\":17", ""},                                      // a key that is missing
      {"\"mac\":\"84:39", "\"mac\":\"84-39"},                     // not a MAC
      {"\"ip\":\"192.168.10.26\"", "\"ip\":\"192.168.10.256\""},  // not an address
      {"MOVED", "NEW"},                                           // NEW with previous_mac
      {"MOVED", "GONE"},                                          // no such action
      {"\"received\":55", "\"received\":54"},                     // does not balance
      {"\"lost\":1024", "\"lost\":1023"},                         // less than was told
      {"58.364123456Z", "58.36412345Z"},                          // not nanoseconds
      {"\"host\":\"switch7\",", ""},                              // no host
      {"\"vlan\":[100,", "\"vlan\":[0,"},                         // a priority tag
      {"\"state\":\"retrying\"", "\"state\":\"fine\""},           // no such state
      {"\"exact\":false", "\"exact\":0"},                         // not a boolean
      {"{\"timestamp\"", "{\"seq\":1,\"timestamp\""},             // a key twice
      {"\"in_iface\":\"eth0\",\"out_iface\":\"eth1\"",
       "\"out_iface\":\"eth1\",\"in_iface\":\"eth0\""},
      {"\"evidence\":\"arp_reply\"", "\"evidence\":null"},    // null rather than absent
      {"\"proto\":\"UDP\"", "\"proto\":\"udp\""},             // not EVE's name
      {",\"captured\":128", ""},                              // a key that is missing
      {"\"stop\":\"cut\"", "\"stop\":\"done\""},              // done is not said
      {"\"length\":1514", "\"length\":0"},                    // not known is not said
      {"\"cookie\":\"deadbeef\"", "\"cookie\":\"deadbee\""},  // half an octet
      {"\"cookie\":\"deadbeef\"", "\"cookie\":\"\""},         // none is not said
      {"\"community_id\":\"1:", "\"community_id\":\"2:"},     // another version
      {"\"oam\":true", "\"oam\":false"},                      // absent rather than false
      {"\"dest_port\":53,", ""},                              // half of a pair
      {"\"hook\":\"input\"", "\"hook\":\"local_in\""},        // not nft's name
      {"\"queue\":3,\"occupancy\":9216", "\"occupancy\":9216,\"queue\":3"},
      {"\"tos\":8,\"ttl\":64", "\"ttl\":64,\"tos\":8"},
      {"\"mark\":7,\"uid\":1000", "\"uid\":1000,\"mark\":7"},
      {"\"action\":\"END\"", "\"action\":\"UPDATE\""},       // an end that is none
      {"\"action\":\"END\"", "\"action\":\"DESTROY\""},      // no such action
      {",\"end\":\"2025", ",\"timeout\":1,\"end\":\"2025"},  // a timeout of what is over
      {",\"dest_port\":40123}", "}"},                        // half of a pair
      {"\"zone\":1,", "\"zone\":0,"},                        // zone 0 is not said
      {"\"zone\":1,\"reply_zone\":2", "\"reply_zone\":2,\"zone\":1"},
      {"[0,9,15,127]", "[0,9,15,128]"},    // there are 128
      {"[0,9,15,127]", "[]"},              // none is not said
      {"\"TIME_WAIT\"", "\"time_wait\""},  // not conntrack's word
      {"\"assured\"", "\"ASSURED\""},      // nor is that ours
      {"\"pkts_toclient\":10,", ""},       // half of the counters
      {"\"pkts_toclient\":10", "\"counters\":\"unknown\",\"pkts_toclient\":10"},
      {"\"type\":\"snat_dnat\",\"src_ip\"", "\"type\":\"dnat\",\"src_ip\""},
      {"\"type\":\"snat_dnat\",\"translated", "\"type\":\"snat\",\"translated"},
      {"\"action\":\"DELETE\"", "\"action\":\"END\""},  // a flow's word
      {"\"translated_src_port\"", "\"nat_src_port\""},  // a key nobody knows
      {",\"reply_zone\":2,\"id\":3735928559", ",\"reply_zone\":2"},
      {"\"reason\":\"kernel\",\"community_id\"", "\"reason\":\"age\",\"community_id\""},
      {"\"state\":\"retrying\"", "\"state\":\"retrying\",\"added\":1,\"closed\":2,\"unchanged\":3"},
      {"\"name\":\"talkers\",", ""},                         // a key that is missing
      {"192.0.2.0/24", "192.0.2.0/33"},                      // more bits than there are
      {"192.0.2.0/24", "192.0.2.0/32"},                      // a whole address is no prefix
      {"\"dscp\":46,\"ecn\":3", "\"ecn\":3,\"dscp\":46"},    // out of order
      {"\"dscp\":46", "\"dscp\":64"},                        // six bits
      {"\"ecn\":3", "\"ecn\":4"},                            // two bits
      {"\"1024-1518\"", "\"1024-1517\""},                    // no such class
      {"\"flow_label\":1048575", "\"flow_label\":1048576"},  // twenty bits
      {"\"packets\":100", "\"rest\":true,\"packets\":100"},  // the rest has no key
      {"\"est_packets\":51250,", ""},                        // half of an estimate
      {"\"est_packets\":51250", "\"est_packets\":51250.5"},  // not whole
      {"\"est_packets\":51250", "\"est_packets\":42161"},    // outside its interval
      {"\"est_bytes\":61500000", "\"est_bytes\":74743201"},  // outside its interval
      {"\"missed_at_most\":1501", "\"missed_at_most\":0"},   // none is not said
      {"\"mean\":1500,\"p50\":1400", "\"p50\":1400,\"mean\":1500"},
      {"{\"count\":100,\"mean\"", "{\"count\":0,\"mean\""},  // none is not said
      {"}}\n", "}}"},                                        // two lines in one
  };
  for (const auto& [from, to] : changes) {
    auto bad = good;
    const auto at = bad.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    bad.replace(at, std::string_view(from).size(), to);
    verdicts.expect(false, bad, std::string(from) + " -> " + to);
  }
  verdicts.expect(false, "", "nothing");
  verdicts.expect(false, good.substr(0, good.size() - 1), "half a line");
  verdicts.expect(false, good.substr(good.find('\n') + 1), "no hello");
  verdicts.check();
}

}  // namespace
}  // namespace netweir
