#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tidy.py BUILD [FILE...]: clang-tidy over the project's files of BUILD/compile_commands.json.

A file is skipped where it was clean before and nothing has changed since: not it, not a header of ours that
it includes, directly or not, not its compile command, .clang-tidy, clang-tidy or the packages. The hashes lie
in build/tidy-cache."""
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import layering  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
ROOTS = [os.path.join(ROOT, folder) for folder in ("include", "src", "sources", "tests")]
INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def closure(path, seen):
    """path and every file of ours that it includes."""
    path = os.path.realpath(path)
    if path in seen:
        return
    with open(path, "rb") as file:
        seen[path] = file.read()
    for name in INCLUDE.findall(seen[path]):
        for folder in [os.path.dirname(path)] + ROOTS:
            candidate = os.path.join(folder, os.fsdecode(name))
            if os.path.isfile(candidate):
                closure(candidate, seen)
                break


def world():
    """What the verdict on every file depends on."""
    digest = hashlib.sha256()
    digest.update(subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout)
    for config in (".clang-tidy", "tests/.clang-tidy"):
        with open(os.path.join(ROOT, config), "rb") as file:
            digest.update(file.read())
    names = subprocess.run([os.path.join(ROOT, "config/install-packages"), "--print", "build", "test"], check=True,
                           capture_output=True, text=True).stdout.split()
    digest.update(subprocess.run(["dpkg-query", "-W"] + names, check=False, capture_output=True).stdout)
    return digest.hexdigest()


def key(entry, base):
    seen = {}
    closure(entry["file"], seen)
    digest = hashlib.sha256((base + entry.get("command", "")).encode())
    for path in sorted(seen):
        digest.update(path.encode() + b"\0" + seen[path])
    return digest.hexdigest()


def main():
    build = sys.argv[1]
    only = {os.path.realpath(path) for path in sys.argv[2:]}
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    # What CMake generates below build is not ours to read.
    ours = {e["file"]: e for e in entries if os.path.realpath(e["file"]).startswith(tuple(r + os.sep for r in ROOTS))}
    if only:
        ours = {f: e for f, e in ours.items() if os.path.realpath(f) in only}
    if not ours:
        print("no files to look at")
        return 1
    cache = os.path.join(ROOT, "build", "tidy-cache")
    os.makedirs(cache, exist_ok=True)
    base = world()
    todo = []
    for path, entry in sorted(ours.items()):
        clean = os.path.join(cache, key(entry, base))
        if os.path.exists(clean):
            os.utime(clean)
        else:
            todo.append((path, clean))
    print(f"   clang-tidy: {len(todo)} of {len(ours)} files", flush=True)

    def run(path, clean):
        started = time.monotonic()
        test = layering.room_of(os.path.relpath(path, ROOT)) == ("tests", "")
        config = os.path.join(ROOT, "tests" if test else "", ".clang-tidy")
        done = subprocess.run(["clang-tidy", "--quiet", "-p", build, f"--config-file={config}", path], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            open(clean, "wb").close()
        return path, time.monotonic() - started, done

    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for job in concurrent.futures.as_completed([pool.submit(run, *item) for item in todo]):
            path, seconds, done = job.result()
            name = os.path.relpath(path, ROOT)
            print(f"   {seconds:5.1f} s  {name}" + ("" if done.returncode == 0 else "  FAILED"), flush=True)
            if done.returncode != 0:
                failed.append(name)
                print(done.stdout or done.stderr, flush=True)
    old = time.time() - 30 * 24 * 3600
    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        if os.path.getmtime(path) < old:
            os.unlink(path)
    if failed:
        print("clang-tidy found something in: " + " ".join(failed))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
