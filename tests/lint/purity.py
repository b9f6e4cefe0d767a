#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""purity.py BUILD [NM]: what the release objects of the pure rooms import.

src/wire, src/netlink/attribute*.cpp, src/netlink/message*.cpp and sources/*/decode.cpp (decode_*.cpp) import
memory functions and guards, and each other. src/track and src/format, and the state machines around a decoder,
sources/*/decoder*.cpp, may also allocate and use strings and tables, but import no I/O, clock or thread."""
import os
import re
import subprocess
import sys

MEMORY = r"(__)?mem(cpy|move|set|cmp)(_chk)?|bcmp"
GUARDS = r"__stack_chk_fail|_ZSt21__glibcxx_assert_failPKciS0_S0_|_GLOBAL_OFFSET_TABLE_"
STRICT = re.compile(rf"({MEMORY}|{GUARDS})$")
# A class behind an interface: its type information and the deleting destructor.
INTERFACE = re.compile(r"(_ZTVN10__cxxabiv1(17__class|20__si_class)_type_infoE|_ZT[IVS]N7netweir\w+E|_ZdlPvm?|__cxa_pure_virtual)$")
# Allocation, strings, number to text, and what an exception of theirs needs to pass a noexcept frame.
VALUES = re.compile(
    rf"({MEMORY}|{GUARDS}|memchr|strlen|malloc|calloc|realloc|aligned_alloc|free|_Zn[wa]m(St11align_val_t)?(RKSt9nothrow_t)?|_Zd[la]Pv(m)?(St11align_val_t)?|_ZSt7nothrow"
    r"|_ZNK?St7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE\w+|_ZSt(8|10|12)(to_chars|from_chars)\w*|_ZSt8to_charsPcS_\w+"
    r"|_ZSt\d+__throw_(length_error|out_of_range(_fmt)?|bad_alloc|bad_array_new_length|logic_error|bad_optional_access|bad_variant_access"
    r"|invalid_argument)\w+|_ZSt9terminatev|_Unwind_Resume|__gxx_personality_v0|__cxa_(begin_catch|end_catch|rethrow|pure_virtual"
    r"|allocate_exception|free_exception|throw|guard_acquire|guard_release|guard_abort|throw_bad_array_new_length)"
    r"|_Z(N|TV|TI)?(K)?St\d+(length_error|out_of_range|bad_alloc)\w*|_ZTVN10__cxxabiv1\w+_type_infoE"
    r"|_ZNKSt8__detail20_Prime_rehash_policy\w+"
    r"|(ceil|floor|round|trunc|ldexp|fmod|sqrt|exp2)[fl]?)$")

OURS = re.compile(r"_Z(TV|TI|TS)?NK?7netweir")


def objects(build, pattern):
    found = []
    for folder, _, names in os.walk(build):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), build)
            if re.fullmatch(pattern, path):
                found.append(path)
    return sorted(found)


def symbols(nm, build, paths):
    """path -> (defined, undefined) external symbols."""
    result = {}
    for path in paths:
        out = subprocess.run([nm, "-P", "--extern-only", os.path.join(build, path)], check=True, capture_output=True, text=True).stdout
        defined, undefined = set(), set()
        for line in out.splitlines():
            name, kind = line.split()[:2]
            (undefined if kind in "Uwv" else defined).add(name)
        result[path] = (defined, undefined)
    return result


def main():
    build = sys.argv[1]
    nm = sys.argv[2] if len(sys.argv) > 2 else "nm"
    room = r"src/CMakeFiles/netweir_{0}\.dir/{0}/.*\.cpp\.o"
    wire = objects(build, room.format("wire"))
    decoders = objects(build, r"sources/CMakeFiles/netweir_sources\.dir/[^/]+/decode(_[^/]*)?\.cpp\.o")
    machines = objects(build, r"sources/CMakeFiles/netweir_sources\.dir/[^/]+/decoder[^/]*\.cpp\.o")
    messages = objects(build, r"src/CMakeFiles/netweir_netlink\.dir/netlink/(attribute|message)[^/]*\.cpp\.o")
    track, form = objects(build, room.format("track")), objects(build, room.format("format"))
    problems = [f"no objects of {what} in {build}" for what, found in
                (("src/wire", wire), ("sources/*/decode.cpp", decoders), ("src/track", track), ("src/format", form)) if not found]

    strict = symbols(nm, build, wire + decoders + messages)
    values = symbols(nm, build, track + form)
    pure = set().union(*[defined for defined, _ in strict.values()])
    valued = pure.union(*[defined for defined, _ in values.values()])
    if wire and not any(STRICT.match(s) or s in pure for _, undefined in strict.values() for s in undefined):
        problems.append("no pure object imports anything: nm was misread")
    for path, (_, undefined) in strict.items():
        for symbol in sorted(undefined - pure):
            if not STRICT.match(symbol) and not (path in decoders and INTERFACE.match(symbol)):
                problems.append(f"{path}: imports {symbol}")
    for path, (_, undefined) in values.items():
        problems += [f"{path}: imports {s}" for s in sorted(undefined - valued) if not VALUES.match(s)]
    for path, (_, undefined) in symbols(nm, build, machines).items():
        problems += [f"{path}: imports {s}" for s in sorted(undefined) if not VALUES.match(s) and not OURS.match(s)]
    if problems:
        print(subprocess.run(["c++filt"], input="\n".join(problems), capture_output=True, text=True, check=True).stdout)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
