# SPDX-License-Identifier: GPL-2.0-or-later


def judge(result):
    assert result.number("alone.code") == 77, result.text("alone.err")
    assert "join the group `packets`: Operation not permitted" in result.text("alone.err"), result.text("alone.err")
    assert "CAP_NET_ADMIN" in result.text("alone.err"), result.text("alone.err")
