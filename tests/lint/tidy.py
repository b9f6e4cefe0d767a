#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tidy.py BUILD [FILE...]: clang-tidy over the project's files of BUILD/compile_commands.json.

A file is skipped where it was clean before and nothing has changed since: not it, not a header of ours that
it includes, directly or not, not its compile command, .clang-tidy, clang-tidy or the packages. The hashes lie
in build/tidy-cache.

Most of the time of a file goes into the standard library's headers that it includes. So where there is much to do,
files of one room, or tests, are looked at as one text, one behind the other. A text that is not clean, be it that two
files give one name to two things, is looked at file by file: only that says what is found, and where."""
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import layering  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
ROOTS = [os.path.join(ROOT, folder) for folder in ("include", "src", "sources", "tests")]
INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
MOST = 10  # files in one text
# What a line at the margin declares: its name comes before the first of these.
DECLARED = re.compile(r"([A-Za-z_]\w*)\s*(?:\(|\{|=|;|\[|:\s)")


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


def names(text, anonymous_too):
    """About what another file in the same text must not declare too."""
    found, anonymous = set(), False
    for line in text.splitlines():
        if line == "namespace {":
            anonymous = True
        elif line == "}  // namespace":
            anonymous = False
        elif line.startswith("#define"):
            found.add(line.split()[1].split("(")[0])
        elif line.startswith(('extern "C"', "int main(")) or (anonymous_too and anonymous and re.match(r"(?!using )[a-z_]", line)):
            found.update(DECLARED.findall(line)[:1])
    return found


def put_together(paths):
    """One text. Each anonymous namespace is in one of its file's own, so that two may give one name to two things;
    behind it, where names of all files are seen, they may not."""
    text = ""
    for n, path in enumerate(paths):
        with open(path, encoding="utf-8") as file:
            one = file.read()
        one = re.sub(r"^namespace \{$", f"namespace of{n} {{ namespace {{", one, flags=re.M)
        text += re.sub(r"^\}  // namespace$", f"}} }} using namespace of{n};", one, flags=re.M) + "\n"
    return text


def is_test(path):
    return layering.room_of(os.path.relpath(path, ROOT)) == ("tests", "")


def gather(todo, ours):
    """Lists of files for one text each: with one set of flags, and of one room, unless they are tests."""
    groups = {}
    for item in todo:
        entry = ours[item[0]]
        words = [w for w in shlex.split(entry["command"]) if not w.endswith("ccache")]
        out = words.index("-o")
        room = "tests" if is_test(item[0]) else os.path.dirname(item[0])
        flags = tuple(words[1:out] + [w for w in words[out + 2:] if w not in ("-c", entry["file"])])
        groups.setdefault((room, flags), []).append(item)
    for (_, flags), items in groups.items():
        texts = []
        for item in items:
            with open(item[0], encoding="utf-8") as file:
                declares = names(file.read(), not is_test(item[0]))
            for text, taken in texts:
                if len(text) < MOST and not declares & taken:
                    text.append(item)
                    taken |= declares
                    break
            else:
                texts.append(([item], declares))
        for text, _ in texts:
            folders = sorted({os.path.dirname(path) for path, _ in text})
            yield text, [f"-iquote{folder}" for folder in folders] + list(flags)


def config_of(path):
    return "--config-file=" + os.path.join(ROOT, "tests" if is_test(path) else "", ".clang-tidy")


def clean_together(items, flags):
    """Whether the files are clean as one text. Not by #include: the static analyser leaves out what is included."""
    with tempfile.NamedTemporaryFile("w", suffix=".cpp", encoding="utf-8") as text:
        text.write(put_together([path for path, _ in items]))
        text.flush()
        return subprocess.run(["clang-tidy", "--quiet", config_of(items[0][0]), text.name, "--", *flags], capture_output=True, check=False).returncode == 0


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

    def run_together(items, flags):
        started = time.monotonic()
        if not clean_together(items, flags):
            return items, time.monotonic() - started
        for _, clean in items:
            open(clean, "wb").close()
        return [], time.monotonic() - started

    def run(path, clean):
        started = time.monotonic()
        done = subprocess.run(["clang-tidy", "--quiet", "-p", build, config_of(path), path], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            open(clean, "wb").close()
        return path, time.monotonic() - started, done

    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if len(todo) > 2 * MOST:
            texts = sorted((t for t in gather(todo, ours) if len(t[0]) > 1), key=lambda t: -len(t[0]))
            jobs = {pool.submit(run_together, *text): text[0] for text in texts}
            for job in concurrent.futures.as_completed(jobs):
                left, seconds = job.result()
                first = os.path.relpath(jobs[job][0][0], ROOT)
                print(f"   {seconds:5.1f} s  {first} and {len(jobs[job]) - 1} more" + ("  one by one" if left else ""), flush=True)
            todo = [item for item in todo if not os.path.exists(item[1])]
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
