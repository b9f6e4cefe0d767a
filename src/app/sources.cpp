// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/exit_code.h"
#include "app/verbs.h"
#include "os/privileged.h"

namespace netweir::app {
namespace {

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

}  // namespace

int sources(const Arguments& a) {
  InProcess privileged;
  auto list = nlohmann::ordered_json::array();
  for (const auto* kind : source_kinds()) {
    const auto s = standing(*kind, privileged);
    if (a.json) {
      nlohmann::ordered_json row{
          {"name", kind->name}, {"built", kind->absent.empty()}, {"usable", s.word == "usable"}};
      if (!s.reason.empty()) row["reason"] = s.reason;
      if (!s.mend.empty()) row["mend"] = s.mend;
      row["summary"] = kind->summary;
      list.push_back(std::move(row));
      continue;
    }
    const std::string name(kind->name);
    const std::string word(s.word);
    const std::string summary(kind->summary);
    (void)std::printf("%-10s %-11s %s\n", name.c_str(), word.c_str(), summary.c_str());
    if (!s.reason.empty()) (void)std::printf("%-10s   why: %s\n", "", s.reason.c_str());
    if (!s.mend.empty()) (void)std::printf("%-10s   try: %s\n", "", s.mend.c_str());
  }
  if (a.json) {
    (void)std::printf(
        "%s\n", list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
  }
  return ok;
}

}  // namespace netweir::app
