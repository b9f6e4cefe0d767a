// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "app/exit_code.h"
#include "app/verbs.h"

namespace netweir::app {

int check(const Arguments& a) {
  const std::string path = a.config.empty() ? default_config : a.config;
  int code = ok;
  const auto config = load(path, config::Purpose::run, code);
  if (!config) return code;
  if (a.effective) {
    (void)std::fputs(config::effective(*config).c_str(), stdout);
    return ok;
  }
  const auto count = [](std::size_t n, const char* noun) {
    return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
  };
  (void)std::printf("%s: valid: %s, %s\n", path.c_str(),
                    count(config->sources.size(), "source").c_str(),
                    count(config->outputs.size(), "output").c_str());
  return ok;
}

#ifdef NETWEIR_NO_PROBE
int probe(const ProbeArguments&) {
  complain({0, "probe is not in this build of netweir: built without the af_packet source", {}});
  return unavailable;
}
#endif

int version() {
  (void)std::printf("netweir %s\n", NETWEIR_VERSION);
  return ok;
}

}  // namespace netweir::app
