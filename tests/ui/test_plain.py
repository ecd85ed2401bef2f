"""Text from elsewhere stays text: Streamlit would make Markdown of it."""

import pytest

from ui.plain import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*d* `e`", r"\*d\* \`e\`"),
        ("learning_rate", "learning_rate"),
        ("_a_ __b__ c__d e_ _f .g_h.", r"\_a\_ \_\_b\_\_ c\_\_d e\_ \_f .g_h."),
        ("[x](y) <b> $z$ ~s~", r"\[x\](y) \<b> \$z\$ \~s\~"),
        ("http://a.b", "http:\u200b//a.b"),
        (":smile: :red[x]", ":\u200bsmile: :\u200bred\\[x\\]"),
        ("www.a.b WWW.c", "www.\u200ba.b WWW.\u200bc"),
        ("me@here.org", "me@\u200bhere.org"),
        ("a: b, 3 @ 4, www", "a: b, 3 @ 4, www"),
    ],
)
def test_marks_and_signs_lose_their_meaning(text, shown):
    assert plain(text) == shown
