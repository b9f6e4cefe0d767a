#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lint.py CHECK [ROOT]: one check over the files of the project; prints what is wrong, one a line.

A check that finds nothing to look at fails: it must not pass because a folder was moved."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import layering  # noqa: E402
import tree  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
MOST_LINES = 450
MOST_TEST_LINES = 600  # tables of cases


def format_(root):
    found = tree.code(root)
    if not found:
        return ["no C++ files"]
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", "--ferror-limit=3"] + found, cwd=root, capture_output=True, text=True)
    return [] if done.returncode == 0 else [done.stderr.strip()]


def exits(root):
    """Only src/app and tests end the process; the child of src/os/watchdog.cpp ends itself."""
    call = re.compile(r"(?<![\w.>])(?:std\s*::\s*|::\s*)?(abort|exit|_exit|_Exit|quick_exit|terminate|assert|__builtin_trap|__builtin_abort)\s*\(")
    of_tests = layering.test_headers(root)
    found = [p for p in tree.code(root, "src/", "sources/", "include/")
             if not p.startswith("src/app/") and p != "src/os/watchdog.cpp" and layering.room_of(p) != ("tests", "") and p not in of_tests]
    problems = [] if found else ["no C++ files"]
    for path in found:
        for number, line in enumerate(tree.without_comments(tree.read(root, path)).splitlines(), 1):
            for hit in call.finditer(line):
                problems.append(f"{path}:{number}: {hit.group(1)}() ends the process; return an Error")
    return problems


def spdx(root):
    """The first line of every source file and script, or the second after #! and the like."""
    kinds = re.compile(r"\.(cpp|h|bpf\.c|cpp\.in|h\.in|cmake|cmake\.in|py|sh|yaml|yml|scd)$|(^|/)CMakeLists\.txt$")
    with_shebang = {path for path, _ in tree.scripts(root)}
    found = [p for p in tree.files(root) if (kinds.search(p) and "/corpus/" not in p and "/golden/" not in p) or p in with_shebang]
    problems = [] if found else ["no files"]
    for path in found:
        lines = tree.read(root, path).splitlines()[:2]
        if lines and (lines[0].startswith("#!") or path.endswith(".scd")):  # scdoc wants the page's name first
            lines = lines[1:]
        comment = "//" if re.search(r"\.(cpp|h|bpf\.c)(\.in)?$", path) else ";" if path.endswith(".scd") else "#"
        if not lines or lines[0] != f"{comment} SPDX-License-Identifier: GPL-2.0-or-later":
            problems.append(f"{path}: the first line is not: {comment} SPDX-License-Identifier: GPL-2.0-or-later")
    return problems


def length(root):
    found = [p for p in tree.files(root) if p.endswith((".cpp", ".h", ".py", ".sh", ".cmake"))] + [p for p, _ in tree.scripts(root)]
    problems = [] if found else ["no files"]
    for path in sorted(set(found)):
        lines = tree.read(root, path).count("\n")
        most = MOST_TEST_LINES if "_test." in path else MOST_LINES
        if lines > most:
            problems.append(f"{path}: {lines} lines, more than {most}: does it still hold one thing?")
    return problems


def shell(root):
    found = sorted({path for path, kind in tree.scripts(root) if kind == "shell"} | {p for p in tree.files(root) if p.endswith(".sh")})
    if not found:
        return ["no shell scripts"]
    done = subprocess.run(["shellcheck", "-x"] + found, cwd=root, capture_output=True, text=True)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def executable(root):
    """Every script that somebody starts can be started."""
    found = [path for path, _ in tree.scripts(root) if tree.read(root, path).startswith("#!")]
    needed = {"run-tests.sh", "quickstart.sh", ".ci/run", "config/install-packages", "tests/fresh/run"}
    problems = [f"{path} is missing" for path in sorted(needed - set(found))]
    return problems + [f"{path}: has #! but no x bit" for path in found if not os.access(os.path.join(root, path), os.X_OK)]


def samples(root):
    """The folder of a source is complete, and each has its line."""
    listed = re.findall(r"^netweir_add_source\((\S+?)[\s)]", tree.read(root, "sources/CMakeLists.txt"), re.M)
    problems = [] if listed else ["sources/CMakeLists.txt names no source"]
    folders = {p.split("/")[1] for p in tree.files(root) if p.startswith("sources/") and p.count("/") > 1}
    problems += [f"sources/{name} has no netweir_add_source line" for name in sorted(folders - set(listed))]
    for name in listed:
        for file in ("README.md", "sample.yaml"):
            path = os.path.join(root, "sources", name, file)
            if not os.path.isfile(path) or os.path.getsize(path) == 0:
                problems.append(f"sources/{name}/{file} is missing or empty")
    return problems


def anchor(heading):
    """The id that a forge gives a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def docs(root):
    """Links between our pages and to our files lead somewhere."""
    pages = [p for p in tree.files(root) if p.endswith(".md")]
    problems, links = [] if pages else ["no pages"], 0
    for page in pages:
        text = re.sub(r"^(```|~~~).*?^\1", "", tree.read(root, page), flags=re.S | re.M)
        text = re.sub(r"`[^`\n]*`", "", text)
        for target in re.findall(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)", text):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            links += 1
            file, _, fragment = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(page), file)) if file else page
            if not os.path.exists(os.path.join(root, path)):
                problems.append(f"{page}: {target} leads nowhere")
            elif fragment and path.endswith(".md"):
                body = re.sub(r"^(```|~~~).*?^\1", "", tree.read(root, path), flags=re.S | re.M)
                if fragment not in {anchor(h) for h in re.findall(r"^#+\s+(.*)$", body, re.M)}:
                    problems.append(f"{page}: {path} has no heading #{fragment}")
    if pages and links == 0:
        problems.append("no links in any page: this test looked at nothing")
    return problems


def packages(root):
    """config/packages is well formed and the only place where scripts get package names from."""
    section, names, problems = None, {}, []
    for number, line in enumerate(tree.read(root, "config/packages").splitlines(), 1):
        if line.startswith("["):
            section = line
            if line not in ("[build]", "[run]", "[test]", "[guest]"):
                problems.append(f"config/packages:{number}: {line} is no section")
        elif line.strip() and not line.startswith("#"):
            if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", line):
                problems.append(f"config/packages:{number}: \"{line}\" is no package name")
            elif section is None:
                problems.append(f"config/packages:{number}: {line} is in no section")
            elif line in names:
                problems.append(f"config/packages:{number}: {line} is already in {names[line]}")
            names[line] = section
    for needed in ("[build]", "[run]", "[test]"):
        if needed not in names.values():
            problems.append(f"config/packages: nothing in {needed}")
    found = tree.scripts(root)
    if not found:
        problems.append("no scripts")
    install = re.compile(r"\b(apt|apt-get|aptitude|dpkg)\b[^|;&\n]*\s(install|-i)\s")
    for path, _ in found:
        if path == "config/install-packages" or path.startswith("tests/lint/"):
            continue
        for number, line in enumerate(tree.read(root, path).splitlines(), 1):
            if line.lstrip().startswith("#"):
                continue
            for word in re.findall(r"[a-z0-9][a-z0-9+.-]+", line):
                if (word in names and word.endswith("-dev")) or re.fullmatch(r"lib[a-z0-9+.-]+-dev", word):
                    problems.append(f"{path}:{number}: names the package {word}; that belongs in config/packages")
            if install.search(line):
                problems.append(f"{path}:{number}: installs by itself; call config/install-packages")
    return problems


def corpora(root):
    """Every fuzz target has seeds, and every corpus a target."""
    paths, problems = tree.files(root), []
    targets = {}
    for path in paths:
        found = re.fullmatch(r"((?:tests|sources)/[^/]+)/([^/]+)_fuzz\.cpp", path)
        if found:
            targets[f"{found.group(1)}/corpus/{found.group(2)}"] = path
        elif path.endswith("_fuzz.cpp"):
            problems.append(f"{path}: CMake does not look for fuzz targets there")
    if not targets:
        problems.append("no fuzz targets")
    for corpus, target in targets.items():
        if not any(p.startswith(corpus + "/") for p in paths):
            problems.append(f"{target}: no seeds in {corpus}/")
    for path in paths:
        if "/corpus/" in path:
            corpus = "/".join(path.split("/")[:path.split("/").index("corpus") + 2])
            if corpus not in targets:
                problems.append(f"{path}: no fuzz target reads this corpus")
    return problems


CHECKS = {"format": format_, "layering": layering.check, "exits": exits, "spdx": spdx, "length": length, "shell": shell,
          "executable": executable, "samples": samples, "docs": docs, "packages": packages, "corpora": corpora}


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in CHECKS:
        print(f"usage: lint.py {'|'.join(CHECKS)} [ROOT]", file=sys.stderr)
        return 64
    problems = CHECKS[sys.argv[1]](os.path.abspath(sys.argv[2] if len(sys.argv) == 3 else ROOT))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
