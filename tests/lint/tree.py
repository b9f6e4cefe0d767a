# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of the project, and small things that the lint tests share."""
import os
import re
import subprocess

CODE = (".cpp", ".h")


def files(root):
    """Paths below root of all that is or will be in git: tracked, or new and not ignored."""
    git = ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        out = subprocess.run(git, check=True, capture_output=True).stdout
        found = [os.fsdecode(path) for path in out.split(b"\0") if path]
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f not in (".git", "build", ".cache")]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(set(path for path in found if os.path.isfile(os.path.join(root, path))))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def code(root, *below):
    """C++ files, of the whole project or below the folders given."""
    found = [path for path in files(root) if path.endswith(CODE)]
    return [path for path in found if path.startswith(below)] if below else found


def scripts(root):
    """(path, interpreter) of every file that begins with #!, and of Python modules."""
    found = []
    for path in files(root):
        with open(os.path.join(root, path), "rb") as file:
            first = file.readline(200).decode("utf-8", "replace")
        if first.startswith("#!"):
            found.append((path, "python" if "python" in first else "shell" if re.search(r"\b(ba|da)?sh\b", first) else first))
        elif path.endswith(".py"):
            found.append((path, "python"))
    return found


def without_comments(text):
    """C++ text with comments and the insides of literals blanked; lines stay where they are."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    return token.sub(lambda m: '""' + "\n" * m.group(0).count("\n"), text)
