# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may include whom: the table of docs/architecture.md, applied to every #include."""
import os
import re

import tree

# Room -> rooms it may include besides include/netweir and itself; rooms "*" means all.
ROOMS = {
    "include/netweir": [],
    "src/wire": [],
    "src/track": [],
    "src/format": [],
    "src/os": [],
    "src/netlink": ["src/os"],
    "src/capture": ["src/os"],
    "src/config": [],
    "src/run": ["src/wire", "src/track", "src/format", "src/os", "src/netlink", "src/config"],
    "src/top": ["src/format"],
    "src/probe": [],
    "src/sinks/X": ["src/format", "src/os"],
    "sources/X": ["src/wire", "src/netlink", "src/os", "src/capture"],
    "src/app": ["*"],
    "tests": ["*"],
}
# Room -> libraries, by the prefixes of their headers. `libc` is libc and the kernel's UAPI, but
# for `inet`: text of addresses, computed.
LIBRARIES = {
    "include/netweir": [],
    "src/wire": [],
    "src/track": ["xxhash"],
    "src/format": [],
    "src/os": ["libc", "inet"],
    "src/netlink": ["libc", "inet", "libmnl"],
    "src/capture": ["libc", "inet", "libpcap"],
    "src/config": ["yaml-cpp", "inet"],
    "src/run": ["libc", "inet"],
    "src/top": ["libc", "inet", "ncursesw"],
    "src/probe": [],
    "src/sinks/X": ["libc", "inet", "X's own"],
    "sources/X": ["libc", "inet", "X's own"],
    "src/app": ["*"],
    "tests": ["*"],
}
HEADERS = {
    "inet": r"arpa/inet\.h$",
    "tsl-robin-map": r"tsl/",
    "xxhash": r"xxhash\.h$",
    "libmnl": r"libmnl/",
    "libnetfilter_log": r"libnetfilter_log/|libnfnetlink/",
    "libnetfilter_conntrack": r"libnetfilter_conntrack/",
    "libpcap": r"pcap(/|\.h$)",
    "libbpf": r"bpf/",
    "yaml-cpp": r"yaml-cpp/",
    "ncursesw": r"(curses|term)\.h$",
    "CLI11": r"CLI/",
    "spdlog": r"spdlog/",
    "fmt": r"fmt/",
    "nlohmann-json": r"nlohmann/",
    "googletest": r"gtest/|gmock/",
    "benchmark": r"benchmark/",
    "libc": r"(sys|linux|net|netinet|netpacket|arpa|asm|bits)/|(dlfcn|unistd|fcntl|errno|signal|sched|poll|dirent|endian|byteswap|getopt|glob|"
            r"grp|ifaddrs|langinfo|libgen|limits|locale|netdb|pthread|pwd|spawn|stdint|stddef|stdio|stdlib|string|strings|syslog|sysexits|termios|time|utime|elf)\.h$",
    "c++": r"(algorithm|any|array|atomic|barrier|bit|bitset|cctype|cerrno|cfloat|charconv|chrono|cinttypes|climits|clocale|cmath|compare|complex|concepts|"
           r"condition_variable|coroutine|csignal|cstdarg|cstddef|cstdint|cstdio|cstdlib|cstring|ctime|cwchar|deque|exception|filesystem|forward_list|"
           r"fstream|functional|future|initializer_list|iomanip|ios|iosfwd|iostream|istream|iterator|latch|limits|list|locale|map|memory|memory_resource|"
           r"mutex|new|numbers|numeric|optional|ostream|queue|random|ranges|ratio|regex|scoped_allocator|semaphore|set|shared_mutex|source_location|span|"
           r"sstream|stack|stdexcept|stop_token|streambuf|string|string_view|system_error|thread|tuple|type_traits|typeindex|typeinfo|unordered_map|"
           r"unordered_set|utility|valarray|variant|vector|version)$",
}
# Pure rooms and the public headers do not even see the outside world.
PURE = ("include/netweir", "src/wire", "src/track", "src/format", "src/probe")
IMPURE = re.compile(r"(atomic|barrier|condition_variable|cstdio|csignal|ctime|filesystem|fstream|future|iostream|latch|mutex|random|semaphore|shared_mutex|"
                    r"stop_token|thread)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def room_of(path):
    """(room, X) of a path, or None where the table knows none. Tests of a source are tests."""
    parts = path.split("/")
    if parts[0] == "tests" or (parts[0] == "sources" and re.search(r"_(test|fuzz|bench)\.cpp$", path)):
        return "tests", ""
    if parts[:2] == ["include", "netweir"]:
        return "include/netweir", ""
    if parts[0] == "sources" and len(parts) > 2:
        return "sources/X", parts[1]
    if parts[:2] == ["src", "sinks"] and len(parts) > 3:
        return "src/sinks/X", parts[2]
    if parts[0] == "src" and len(parts) > 2 and "/".join(parts[:2]) in ROOMS:
        return "/".join(parts[:2]), ""
    return None


def test_headers(root):
    """Headers in the folder of a source that only its tests include."""
    headers, seen = set(), set()
    todo = []
    for path in tree.code(root, "sources/"):
        if path.endswith(".h"):
            headers.add(path)
        elif room_of(path) != ("tests", ""):
            todo.append(path)
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for quote, name in INCLUDE.findall(tree.read(root, path)):
            target = resolve(root, path, name) if quote == '"' else None
            if target in headers:
                todo.append(target)
    return headers - seen


def own_libraries(root, kind, name):
    """The pkg-config modules on the CMake line of a source or sink."""
    listing = "sources/CMakeLists.txt" if kind == "sources/X" else "src/sinks/CMakeLists.txt"
    what = "source" if kind == "sources/X" else "sink"
    found = re.search(rf"^netweir_add_{what}\({re.escape(name)}\b([^)]*)\)", tree.read(root, listing), re.M)
    return None if found is None else found.group(1).split()


def resolve(root, path, name):
    """The path in the project that a quoted include means. A skeleton is made of the BPF program of that name."""
    name = re.sub(r"\.skel\.h$", ".bpf.c", name)
    for folder in (os.path.dirname(path), "include", "src", "sources", "tests"):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return None


def library_of(name):
    for library, pattern in HEADERS.items():
        if re.match(pattern, name):
            return library
    return None


def check(root):
    problems, includes = [], 0
    rooms_seen, of_tests = set(), test_headers(root)
    for path in tree.code(root):
        where = ("tests", "") if path in of_tests else room_of(path)
        if where is None:
            problems.append(f"{path}: lies in no room of docs/architecture.md")
            continue
        room, x = where
        rooms_seen.add(room)
        libraries = list(LIBRARIES[room])
        if "X's own" in libraries:
            own = own_libraries(root, room, x)
            if own is None:
                problems.append(f"{path}: {x} has no line in CMakeLists.txt")
            libraries += own or []
        # Literals stay: an include is one.
        text = re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), tree.read(root, path), flags=re.S)
        for found in INCLUDE.finditer(text):
            includes += 1
            quote, name = found.groups()
            at = f"{path}:{text[:found.start()].count(chr(10)) + 1}"
            if quote == '"':
                target = resolve(root, path, name)
                if target is None:
                    problems.append(f"{at}: \"{name}\" is not in the project (libraries go in <>)")
                    continue
                if ".." in name.split("/"):
                    problems.append(f"{at}: \"{name}\": no .. in includes")
                to = room_of(target)
                if to is None or to == where or to[0] == "include/netweir" or "*" in ROOMS[room]:
                    continue
                if to[0] not in ROOMS[room]:
                    problems.append(f"{at}: {room.replace('X', x)} may not include {target}")
                continue
            library = library_of(name)
            if path.startswith("tests/install/example/"):  # somebody else's program
                continue
            if os.path.exists(os.path.join(root, "include", name)):
                problems.append(f"{at}: <{name}> is ours: \"{name}\"")
            elif library is None:
                problems.append(f"{at}: <{name}>: of which library? (tests/lint/layering.py)")
            elif library == "c++":
                if room in PURE and IMPURE.match(name):
                    problems.append(f"{at}: <{name}> in a pure room")
            elif library == "ncursesw" and path not in ("src/top/screen.cpp", "src/top/terminfo.cpp"):
                problems.append(f"{at}: {path} may not know the terminal's library")
            elif "*" not in libraries and library not in libraries:
                problems.append(f"{at}: {room.replace('X', x)} may not include <{name}> ({library})")
    if includes == 0 or not {"include/netweir", "src/wire", "sources/X", "tests"} <= rooms_seen:
        problems.append(f"only {includes} includes in {sorted(rooms_seen)}: this test looked at nothing")
    return problems + document(root)


def document(root):
    """docs/architecture.md says the same."""
    path = "docs/architecture.md"
    if not os.path.exists(os.path.join(root, path)):
        return [f"{path} is missing"]
    text, problems = tree.read(root, path), []
    for room, allowed in ROOMS.items():
        words = [a.removeprefix("src/") for a in allowed] + [l for l in LIBRARIES[room] if l != "*"]
        cell = ("all" if "*" in allowed else ", ".join(words)) or "-"
        row = re.search(rf"^\| *`{re.escape(room)}` *\|.*\| *([^|]*?) *\|$", text, re.M)
        if row is None:
            problems.append(f"{path}: no row for `{room}`")
        elif row.group(1) != cell:
            problems.append(f"{path}: `{room}` may include \"{row.group(1)}\" there, \"{cell}\" in tests/lint/layering.py")
    return problems
