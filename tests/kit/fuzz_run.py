#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""fuzz_run.py BUILD SECONDS [TARGET...]: runs every fuzz target (or these) of a libFuzzer build on top of its corpus.

The same seed each time, so that a change is judged by what it changed; NETWEIR_FUZZ_SEED=0 takes a
random one; NETWEIR_FUZZ_JOBS is how many run at once. What fuzzing finds new goes to BUILD/corpus/<target>, crashes to BUILD/crashes; the repository is not
touched."""
import concurrent.futures
import json
import os
import re
import subprocess
import sys


def targets(build):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1", "-R", r"^fuzz\."],
                             check=True, capture_output=True, text=True).stdout
    for test in json.loads(listing)["tests"]:
        if "command" in test:
            yield test["name"][len("fuzz."):], test["command"][0], test["command"][-1]


def run(build, seconds, name, program, corpus):
    grown, crashes = os.path.join(build, "corpus", name), os.path.join(build, "crashes")
    os.makedirs(grown, exist_ok=True)
    os.makedirs(crashes, exist_ok=True)
    seed = os.environ.get("NETWEIR_FUZZ_SEED", "1")
    command = [program, f"-seed={seed}", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
               f"-artifact_prefix={crashes}/{name}-", grown, corpus]
    # A target that hangs outside libFuzzer's reach ends here.
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds * 3 + 60)
    except subprocess.TimeoutExpired as late:
        return name, 1, (late.stdout or b"").decode("utf-8", "replace") + "\nit did not end"
    return name, done.returncode, done.stdout.decode("utf-8", "replace")


def main():
    build, seconds = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    todo = [target for target in targets(build) if not sys.argv[3:] or target[0] in sys.argv[3:]]
    unknown = set(sys.argv[3:]) - {target[0] for target in todo}
    if not todo or unknown:
        print(f"no fuzz targets {' '.join(sorted(unknown))}")
        return 1
    failed = False
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("NETWEIR_FUZZ_JOBS", 0)) or os.cpu_count()) as pool:
        for job in concurrent.futures.as_completed([pool.submit(run, build, seconds, *target) for target in todo]):
            name, status, output = job.result()
            runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
            if status == 0 and runs and int(runs.group(1)) > 0:
                print(f"   {name}: {runs.group(1)} inputs, no crash", flush=True)
            else:
                failed = True
                print(f"   {name}: FAILED\n" + "\n".join(output.splitlines()[-60:]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
