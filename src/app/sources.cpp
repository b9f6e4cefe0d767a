// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "app/exit_code.h"
#include "app/verbs.h"
#include "netweir/finding.h"
#include "netweir/text.h"
#include "os/privileged.h"

namespace netweir::app {
namespace {

using Json = nlohmann::ordered_json;

/// How one kind stands here.
struct Standing {
  std::string_view word;  ///< usable, not usable, not built
  std::string reason, mend;
};

Standing standing(const SourceKind& kind, Privileged& privileged) {
  if (!kind.absent.empty()) return {"not built", std::string(kind.absent), {}};
  if (kind.trouble == nullptr) return {"usable", {}, {}};
  auto trouble = kind.trouble(Values{}, privileged);
  if (!trouble) return {"usable", {}, {}};
  return {"not usable", std::move(trouble->what), std::move(trouble->mend)};
}

/// The interfaces that a configuration names, by network namespace.
using Interfaces = std::map<std::string, std::vector<std::string>, std::less<>>;

void add_interfaces(const SourceConfig& source, Interfaces& to) {
  auto& names = to[source.values.text("netns")];
  const auto add = [&](const std::string& name) {
    // "any" is libpcap's word for all of them.
    if (name.empty() || name == "any") return;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  add(source.values.text("interface"));
  for (const auto& [name, vlan] :
       source.values.get<std::map<std::string, std::int64_t, std::less<>>>("interface_vlan"))
    add(name);
  for (const auto& fallback : source.fallback) add_interfaces(fallback, to);
}

/// Where to look for a kind: in the namespaces of its sources; without any, in ours.
std::vector<std::string> places(const SourceKind& kind, const config::Config& config) {
  std::vector<std::string> out;
  for (const auto& source : config.sources) {
    auto netns = source.values.text("netns");
    if (source.kind == &kind && std::find(out.begin(), out.end(), netns) == out.end())
      out.push_back(std::move(netns));
  }
  if (out.empty()) out.emplace_back();
  return out;
}

std::vector<FindingList> find(const SourceKind& kind, const config::Config& config,
                              const Interfaces& interfaces, Privileged& privileged) {
  std::vector<FindingList> all;
  if (kind.findings == nullptr) return all;
  for (const auto& netns : places(kind, config)) {
    Place place{netns, {}};
    if (const auto it = interfaces.find(netns); it != interfaces.end())
      place.interfaces = it->second;
    for (auto& list : kind.findings(place, privileged)) {
      const auto same = std::find_if(all.begin(), all.end(),
                                     [&](const FindingList& l) { return l.name == list.name; });
      if (same == all.end())
        all.push_back(std::move(list));
      else
        std::move(list.items.begin(), list.items.end(), std::back_inserter(same->items));
    }
  }
  return all;
}

Json to_json(const FindingList& list) {
  auto out = Json::array();
  for (const auto& finding : list.items) {
    auto item = Json::object();
    for (const auto& [key, value] : finding.fields)
      std::visit([&item, k = key](const auto& v) { item[std::string(k)] = v; }, value);
    out.push_back(std::move(item));
  }
  return out;
}

/// On one line, whatever is in the names that it tells.
void print(const Finding& finding) {
  std::string line;
  append_escaped(line, finding.text);
  (void)std::printf("%-10s   %s\n", "", line.c_str());
}

}  // namespace

int sources(const Arguments& a) {
  config::Config config;
  if (!a.config.empty()) {
    int code = ok;
    auto loaded = load(a.config, config::Purpose::run, code);
    if (!loaded) return code;
    config = *std::move(loaded);
  }
  Interfaces interfaces;
  for (const auto& source : config.sources) add_interfaces(source, interfaces);
  InProcess privileged;
  auto rows = Json::array();
  for (const auto* kind : source_kinds()) {
    const auto s = standing(*kind, privileged);
    const auto found = find(*kind, config, interfaces, privileged);
    if (a.json) {
      Json row{
          {"name", kind->name}, {"built", kind->absent.empty()}, {"usable", s.word == "usable"}};
      if (!s.reason.empty()) row["reason"] = s.reason;
      if (!s.mend.empty()) row["mend"] = s.mend;
      row["summary"] = kind->summary;
      for (const auto& list : found) row[std::string(list.name)] = to_json(list);
      rows.push_back(std::move(row));
      continue;
    }
    const std::string name(kind->name);
    const std::string word(s.word);
    const std::string summary(kind->summary);
    (void)std::printf("%-10s %-11s %s\n", name.c_str(), word.c_str(), summary.c_str());
    if (!s.reason.empty()) (void)std::printf("%-10s   why: %s\n", "", s.reason.c_str());
    if (!s.mend.empty()) (void)std::printf("%-10s   try: %s\n", "", s.mend.c_str());
    for (const auto& list : found) {
      for (const auto& finding : list.items) print(finding);
    }
  }
  if (a.json)
    (void)std::printf("%s\n", rows.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  return ok;
}

}  // namespace netweir::app
