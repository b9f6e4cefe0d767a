#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Breaks one rule at a time in a small tree and expects each lint check to say so; the whole tree must pass."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import lint  # noqa: E402

CPP = "// SPDX-License-Identifier: GPL-2.0-or-later\n"
SH = "#!/usr/bin/env bash\n# SPDX-License-Identifier: GPL-2.0-or-later\n"
GOOD = {
    "include/netweir/bytes.h": CPP + "#pragma once\n\n#include <span>\n",
    "src/wire/decode.h": CPP + '#pragma once\n\n#include "netweir/bytes.h"\n',
    "src/wire/decode.cpp": CPP + '#include "wire/decode.h"\n\nstatic_assert(true);\n// exit(1) is a word here\n',
    "src/os/fd.h": CPP + "#pragma once\n\n#include <unistd.h>\n",
    "src/app/main.cpp": CPP + "#include <cstdlib>\n\nint main() { std::exit(0); }\n",
    "sources/CMakeLists.txt": "# SPDX-License-Identifier: GPL-2.0-or-later\nnetweir_add_source(wire_tap libpcap)\nnetweir_add_source(other)\n",
    "sources/wire_tap/README.md": "# A source\n\n[all of them](../../docs/architecture.md#rooms-and-who-may-include-whom)\n",
    "sources/wire_tap/sample.yaml": "# SPDX-License-Identifier: GPL-2.0-or-later\nname: x\n",
    "sources/wire_tap/live.h": CPP + "#pragma once\n",
    "sources/wire_tap/testing.h": CPP + "#pragma once\n\n#include <gtest/gtest.h>\n",
    "sources/wire_tap/live_test.cpp": CPP + '#include "wire_tap/testing.h"\n',
    "sources/wire_tap/live.cpp": CPP + '#include "wire_tap/live.h"\n\n#include <pcap/pcap.h>\n\n#include "os/fd.h"\n#include "wire/decode.h"\n',
    "sources/wire_tap/file_fuzz.cpp": CPP + '#include "wire/decode.h"\n',
    "sources/wire_tap/corpus/file/seed": "x",
    "sources/other/README.md": "# Other\n",
    "sources/other/sample.yaml": "# SPDX-License-Identifier: GPL-2.0-or-later\nname: x\n",
    "sources/other/other.h": CPP + "#pragma once\n",
    "src/sinks/CMakeLists.txt": "# SPDX-License-Identifier: GPL-2.0-or-later\nnetweir_add_sink(json)\n",
    "src/sinks/json/json.cpp": CPP + '#include "os/fd.h"\n',
    "config/packages": "[build]\ng++\nlibpcap-dev\n[run]\niproute2\n[test]\njq\n",
}
# check -> (file, what it holds then; None: the file goes)
BAD = [
    ("format", "src/os/fd.h", CPP + "int  x;\n"),
    ("layering", "src/wire/decode.h", CPP + '#include "os/fd.h"\n'),
    ("layering", "src/wire/decode.h", CPP + "#include <thread>\n"),
    ("layering", "src/wire/decode.h", CPP + "#include <sys/socket.h>\n"),
    ("layering", "src/wire/decode.h", CPP + "#include <no_such_library.h>\n"),
    ("layering", "src/wire/decode.h", CPP + '#include "netweir/missing.h"\n'),
    ("layering", "src/wire/decode.h", CPP + '#include "../os/fd.h"\n'),
    ("layering", "src/os/fd.h", CPP + '#include "wire/decode.h"\n'),
    ("layering", "include/netweir/bytes.h", CPP + '#include "wire/decode.h"\n'),
    ("layering", "include/netweir/bytes.h", CPP + "#include <yaml-cpp/yaml.h>\n"),
    ("layering", "sources/wire_tap/live.cpp", CPP + '#include "../other/other.h"\n'),
    ("layering", "sources/wire_tap/live.cpp", CPP + '#include "other/other.h"\n'),
    ("layering", "sources/wire_tap/live.cpp", CPP + "#include <libnetfilter_log/libnetfilter_log.h>\n"),
    ("layering", "sources/wire_tap/live.cpp", CPP + '#include "wire_tap/testing.h"\n'),
    ("layering", "sources/wire_tap/live.h", CPP + "#include <gtest/gtest.h>\n"),
    ("layering", "src/sinks/json/json.cpp", CPP + '#include "wire_tap/x.h"\n'),
    ("layering", "src/cellar/x.cpp", CPP),
    ("layering", "src/top/model.cpp", CPP + "#include <curses.h>\n"),
    ("layering", "src/top/model.cpp", CPP + '#include "run/viewer.h"\n'),
    ("layering", "docs/architecture.md", "# no table\n"),
    ("layering", "docs/architecture.md", None),
    ("exits", "src/wire/decode.cpp", CPP + "void f() { std::abort(); }\n"),
    ("exits", "sources/wire_tap/live.cpp", CPP + "void f() { ::_exit(1); }\n"),
    ("exits", "sources/wire_tap/live.h", CPP + "inline void f() { std::quick_exit(1); }\n"),
    ("exits", "include/netweir/bytes.h", CPP + "inline void f() { assert(1); }\n"),
    ("spdx", "src/wire/decode.cpp", "int x;\n"),
    ("spdx", "run-tests.sh", "#!/bin/sh\ntrue\n"),
    ("length", "src/wire/decode.cpp", CPP + "\n" * 450),
    ("shell", "run-tests.sh", SH + "echo $1\n"),
    ("executable", "quickstart.sh", None),
    ("executable", "tests/new", SH),
    ("samples", "sources/wire_tap/sample.yaml", None),
    ("samples", "sources/other/README.md", ""),
    ("samples", "sources/third/x.cpp", CPP),
    ("docs", "sources/other/README.md", "[gone](../nowhere.md)\n"),
    ("docs", "sources/other/README.md", "[gone](../../docs/architecture.md#nowhere)\n"),
    ("packages", "config/packages", "[build]\ng++\ng++\n[run]\na1\n[test]\nb1\n"),
    ("packages", "config/packages", "[build]\ng++\n[other]\nb1\n"),
    ("packages", "run-tests.sh", SH + "apt-get -y install g++\n"),
    ("packages", "run-tests.sh", SH + "need libpcap-dev\n"),
    ("corpora", "sources/wire_tap/corpus/file/seed", None),
    ("corpora", "sources/wire_tap/corpus/gone/seed", "x"),
    ("corpora", "src/wire/decode_fuzz.cpp", CPP),
]
SCRIPTS = ("run-tests.sh", "quickstart.sh", ".ci/run", "config/install-packages", "tests/fresh/run")


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)


def make(root):
    for path, text in GOOD.items():
        write(root, path, text)
    for path in SCRIPTS:
        write(root, path, SH + "true\n")
        os.chmod(os.path.join(root, path), 0o755)
    for path in ("docs/architecture.md", ".clang-format"):
        write(root, path, lint.tree.read(ROOT, path))


class Lint(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        make(self.root)

    def test_a_good_tree_passes(self):
        for name, check in lint.CHECKS.items():
            with self.subTest(name):
                self.assertEqual(check(self.root), [])

    def test_each_rule_can_fail(self):
        self.assertEqual(set(lint.CHECKS) - {name for name, _, _ in BAD}, set())
        for name, path, text in BAD:
            with self.subTest(check=name, path=path, text=text):
                with tempfile.TemporaryDirectory() as root:
                    make(root)
                    if text is None:
                        os.unlink(os.path.join(root, path))
                    else:
                        write(root, path, text)
                    self.assertNotEqual(lint.CHECKS[name](root), [])

    def test_nothing_to_look_at_is_a_failure(self):
        for name, check in lint.CHECKS.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as root:
                write(root, "sources/CMakeLists.txt", "")
                write(root, "config/packages", "")
                self.assertNotEqual(check(root), [])


class Purity(unittest.TestCase):
    """Objects from the compiler, one rule broken at a time."""
    PLACES = {"wire": "src/CMakeFiles/netweir_wire.dir/wire/decode.cpp.o", "track": "src/CMakeFiles/netweir_track.dir/track/tracker.cpp.o",
              "format": "src/CMakeFiles/netweir_format.dir/format/text.cpp.o", "decode": "sources/CMakeFiles/netweir_sources.dir/x/decode.cpp.o",
              "decoder": "sources/CMakeFiles/netweir_sources.dir/x/decoder.cpp.o"}
    PURE = ("#include <cstring>\n#include <span>\nint load(std::span<const unsigned char> b, unsigned i) "
            "{ int v; std::memcpy(&v, b.data(), b[i]); return v; }\n")
    STRING = "#include <string>\nstd::string twice(const std::string& s) { return s + s; }\n"

    compiled = {}

    def compile(self, text):
        if text not in self.compiled:
            with tempfile.TemporaryDirectory() as folder:
                target = os.path.join(folder, "x.o")
                subprocess.run(["g++", "-std=c++20", "-O2", "-D_GLIBCXX_ASSERTIONS", "-fstack-protector-strong", "-xc++", "-c", "-o", target, "-"],
                               input=text, text=True, check=True)
                with open(target, "rb") as file:
                    self.compiled[text] = file.read()
        return self.compiled[text]

    def run_on(self, **sources):
        files = {"wire": self.PURE, "decode": self.PURE, "track": self.STRING, "format": self.STRING, "decoder": self.STRING} | sources
        with tempfile.TemporaryDirectory() as build:
            for name, text in files.items():
                if text is None:
                    continue
                target = os.path.join(build, self.PLACES[name])
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(self.compile(text))
            return subprocess.run([os.path.join(HERE, "purity.py"), build], capture_output=True, text=True, check=False)

    def test_rules(self):
        good = self.run_on()
        self.assertEqual((good.returncode, good.stdout), (0, ""))
        clock = "#include <chrono>\nauto now() { return std::chrono::system_clock::now(); }\nauto keep = &now;\n"
        for broken in ({"wire": self.STRING}, {"decode": self.STRING}, {"decoder": clock}, {"decode": "#include <cstdio>\nvoid f() { std::puts(\"\"); }\n"}, {"track": clock},
                       {"format": "#include <cstdio>\nint f(char* b, int i) { return std::sprintf(b, \"%d\", i); }\n"},
                       {"track": "#include <mutex>\nstd::mutex m;\nvoid f() { m.lock(); }\n"},
                       {"wire": None}, {"decode": None}, {"format": None}, {"track": None}):
            with self.subTest(broken):
                self.assertEqual(self.run_on(**broken).returncode, 1)


if __name__ == "__main__":
    unittest.main()
