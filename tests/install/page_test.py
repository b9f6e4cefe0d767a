#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""page_test.py PAGE EXAMPLE PROGRAM [ARGUMENT...]: the page holds the example as it is compiled, and what it prints."""
import re
import subprocess
import sys


def main():
    page, example, *program = sys.argv[1:]
    with open(page, encoding="utf-8") as f:
        blocks = dict(re.findall(r"^```(cpp|text)\n(.*?)^```$", f.read(), re.S | re.M))
    with open(example, encoding="utf-8") as f:
        code = f.read().split("\n", 1)[1]  # without the SPDX line
    said = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True).stdout
    wrong = [what for what, is_so in (("code", blocks.get("cpp") == code), ("output", blocks.get("text") == said)) if not is_so]
    if wrong:
        print(f"{page}: another {' and another '.join(wrong)} than the example's:\n{code}\n{said}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
