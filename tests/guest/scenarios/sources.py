# SPDX-License-Identifier: GPL-2.0-or-later
import json

RULE = "filter add dev {} ingress matchall action sample rate 1000 group 1 trunc 128"


def psample(result, file):
    return next(kind for kind in json.loads(result.text(file)) if kind["name"] == "psample")


def commands(found):
    return [suggestion["command"] for suggestion in found["suggestions"]]


def samples(filters):
    """(classifier, protocol, pref, chain, action) of each sample action, as tc prints them."""
    for one in filters:
        for action in one.get("options", {}).get("actions", []):
            if action["kind"] == "sample":
                yield one["kind"], one["protocol"], one["pref"], one["chain"], action


def judge(result):
    found = psample(result, "placeholder.json")
    assert (found["usable"], found["groups"], found["rules"], found["problems"]) == (True, [], [], []), found
    assert commands(found) == ["tc qdisc add dev DEV clsact", "tc " + RULE.format("DEV")], found
    found = psample(result, "none.json")
    expected = ["tc qdisc add dev v0 clsact", "tc " + RULE.format("v0"), "tc " + RULE.format("v1"),
                "tc -n other qdisc add dev x0 clsact", "tc -n other " + RULE.format("x0")]
    assert commands(found) == expected, found
    assert result.text("before") == result.text("after") != ""  # nothing was changed

    expected = []
    for interface, word, direction in (("v0", "ingress", "ingress"), ("v0", "egress", "egress"), ("v1", "ingress", "ingress"),
                                       ("v1", "egress", "egress"), ("d0", "ingress", "ingress"), ("d1", "parent 1", "egress")):
        for kind, protocol, pref, chain, action in samples(json.loads(result.text(f"filters {interface} {word}") or "[]")):
            expected.append((interface, direction, kind, "0x88cc" if pref == 8 else protocol, pref, chain, action["rate"], action["group"],
                             action.get("trunc_size", 0)))
    assert len(expected) == 8, expected
    for file in ("some.json", "unprivileged.json"):
        found = psample(result, file)
        rules = [(r["interface"], r["direction"], r["classifier"], r["protocol"], r["pref"], r.get("chain", 0), r["rate"], r["group"],
                  r["truncation"]) for r in found["rules"] if "netns" not in r]
        assert sorted(rules) == sorted(expected), (file, rules, expected)
        assert [r.get("block") for r in found["rules"] if r["interface"] == "d0"] == [6], found
        groups = {g["group"]: g["references"] for g in found["groups"] if "netns" not in g}
        assert groups == {1: 2, 2: 1, 3: 1, 4: 1, 6: 1, 7: 1, 4294967295: 1}, groups
        assert found["problems"] == [], found
    # Nothing samples in the other namespace still.
    assert commands(psample(result, "some.json")) == ["tc -n other qdisc add dev x0 clsact", "tc -n other " + RULE.format("x0")]
    assert commands(psample(result, "unprivileged.json")) == []
    text = result.text("some.txt")
    assert "v0 ingress: matchall, protocol all, pref 49152: 1 in 1000 to group 1, 128 octets of each\n" in text, text
    assert "v0 egress: u32, protocol ip, pref 3: 1 in 10 to group 3, whole packets\n" in text, text
