#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""verify_test.py: the verifier finds what is missing, and every number of the list has its entry."""
import copy
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import trust  # noqa: E402
import verify  # noqa: E402

SOURCE = {"name": "f", "type": "nflog"}
STREAM = [
    {"event_type": "hello", "seq": 1},
    {"event_type": "loss", "seq": 2, "source": SOURCE, "loss": {"unit": "packets", "count": 7}},
    {"event_type": "binding", "seq": 3, "source": SOURCE},
    {"event_type": "goodbye", "seq": 4, "goodbye": {"sources": [
        {**SOURCE, "received": 10, "filtered": 1, "rejected": 2, "decoded": {"done": 6, "cut": 1}, "lost": 7}]}},
]


class Verify(unittest.TestCase):
    def test_a_whole_stream_has_no_residue(self):
        self.assertEqual(set(verify.residues(STREAM, {"f": 17}).values()), {0})

    def test_each_equation_can_fail(self):
        def changed(change):
            lines = copy.deepcopy(STREAM)
            change(lines)
            return {name for name, value in verify.residues(lines, {"f": 17}).items() if value}
        self.assertEqual(changed(lambda lines: lines.pop(2)), {"seq", "seq steps"})
        self.assertEqual(changed(lambda lines: lines[1].update(seq=3)), {"seq steps"})
        self.assertEqual(changed(lambda lines: lines[1]["loss"].update(count=6)), {"told f"})
        self.assertEqual(changed(lambda lines: lines[3]["goodbye"]["sources"][0].update(rejected=3)), {"ledger f"})
        self.assertEqual(changed(lambda lines: lines[3]["goodbye"]["sources"][0].update(lost=8)), {"told f", "offered f"})

    def test_streams_that_are_none(self):
        with self.assertRaises(ValueError):
            verify.residues(STREAM[:3])
        with self.assertRaises(ValueError):
            verify.residues(STREAM, {"other": 1})
        with tempfile.NamedTemporaryFile() as f:
            f.write(b'{"seq":1}\n{"seq"')
            f.flush()
            with self.assertRaises(ValueError):
                verify.read(f.name)

    def test_every_number_is_there(self):
        entries = trust.load()
        self.assertEqual(list(entries), list(range(1, trust.LAST + 1)))
        for n, entry in entries.items():
            self.assertTrue(entry.act or entry.waits, f"{n} is passed over in silence")


if __name__ == "__main__":
    unittest.main()
