#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that CI runs. See --help.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

usage() {
  cat <<'USAGE'
usage: ./run-tests.sh [STAGE...]

Without a stage: packages dev tsan tidy fuzz release, in this order, up to the first failure.

  packages  install what config/packages names and this machine lacks
  dev       build with ASan and UBSan; tests labelled unit, kernel and lint
  tsan      build with TSan; tests labelled threads
  tidy      format, and clang-tidy over every file that changed since it was last clean
  fuzz      every fuzz target, 20 s each, on top of its corpus (NETWEIR_FUZZ_SECONDS, NETWEIR_FUZZ_SEED)
  release   release build, then every test; its ctest summary is the last thing printed
  clang     tidy and fuzz
  unit      the everyday loop: the dev build, tests labelled unit and lint

CI=true: what CI must have is required, so that its tests fail where they would skip
(NETWEIR_REQUIRE, default there: kernel,guest). Crashes that fuzzing finds lie in build/fuzz/crashes.
USAGE
}

jobs=$(nproc)
export CTEST_PARALLEL_LEVEL=$jobs CMAKE_BUILD_PARALLEL_LEVEL=$jobs
if [ "${CI:-}" = true ]; then
  export NETWEIR_REQUIRE=${NETWEIR_REQUIRE-kernel,guest} CLICOLOR_FORCE=0
fi
stage=""
stage_started=0
summary=()

die() {
  printf '\nrun-tests: %s failed: %s\n' "${stage:-start}" "$*" >&2
  exit 1
}
# begin STAGE MINUTES WHAT
begin() {
  stage=$1 budget=$2 stage_started=$SECONDS
  printf '\n== %s: %s (budget %s min)\n' "$1" "$3" "$2"
}
end() {
  local took=$((SECONDS - stage_started)) note=""
  [ $took -le $((budget * 60)) ] || note="  OVER ITS BUDGET of $budget min"
  summary+=("$(printf '%-9s %2d:%02d%s' "$stage" $((took / 60)) $((took % 60)) "$note")")
  printf '== %s\n' "${summary[-1]}"
}
# build PRESET [cmake --build arguments...]
build() {
  local preset=$1 log=build/$1.log
  shift
  mkdir -p build
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; die "cmake --preset $preset"; }
  grep -E '^-- source .*:' "$log" || true
  cmake --build "build/$preset" "$@" >"$log" 2>&1 ||
    { grep -E -A20 'FAILED|error|Error' "$log" | head -n 120 >&2; die "the $preset build (all of it: $log)"; }
  tail -n 1 "$log"
}
# tests PRESET [ctest arguments...]
tests() {
  local preset=$1
  shift
  ctest --preset "$preset" --no-tests=error "$@" || die "tests of the $preset build (build/$preset/Testing/Temporary/LastTest.log)"
}

stage_packages() {
  begin packages 3 "what config/packages names"
  config/install-packages build run test guest || die "packages"
  end
}
stage_dev() {
  begin dev 12 "ASan and UBSan: unit, kernel, lint"
  build dev
  tests dev -L '^(unit|kernel|lint)$'
  end
}
stage_unit() {
  begin unit 1 "ASan and UBSan: unit, lint"
  build dev
  tests dev -L '^(unit|lint)$'
  end
}
stage_tsan() {
  begin tsan 4 "TSan: threads"
  build tsan --target tests_threads
  tests tsan -L '^threads$'
  end
}
stage_tidy() {
  begin tidy 6 "clang-format, clang-tidy"
  tests/lint/lint.py format || die "format (clang-format -i mends it)"
  cmake --preset tidy >build/tidy.log 2>&1 || { cat build/tidy.log >&2; die "cmake --preset tidy"; }
  tests/lint/tidy.py build/tidy || die "clang-tidy"
  end
}
stage_fuzz() {
  begin fuzz 4 "every fuzz target, ${NETWEIR_FUZZ_SECONDS:-20} s each"
  build fuzz --target tests_fuzz
  tests/kit/fuzz_run.py build/fuzz "${NETWEIR_FUZZ_SECONDS:-20}" || die "fuzzing"
  end
}
stage_release() {
  begin release 12 "release build, every test"
  build release
  printf '== release: built in %d s\n' $((SECONDS - stage_started))
  [ ${#summary[@]} -eq 0 ] || { printf '\n== so far\n'; printf '   %s\n' "${summary[@]}"; }
  printf '\n== release: every test\n'
  tests release
}

stages=()
for arg in "$@"; do
  case $arg in
    packages | dev | tsan | tidy | fuzz | release | unit) stages+=("$arg") ;;
    clang) stages+=(tidy fuzz) ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 64 ;;
  esac
done
[ ${#stages[@]} -gt 0 ] || stages=(packages dev tsan tidy fuzz release)
for one in "${stages[@]}"; do
  "stage_$one"
done
