"""Text from elsewhere, such as a link or an error, shown as it is: Streamlit's texts are Markdown otherwise."""

import re

# An underscore between letters, as in learning_rate, marks nothing.
MARKS = re.compile(r"[\\`*\[\]<$~]|(?<![^\W_])_|_(?![^\W_])")
SIGNS = re.compile(r":(?=//|[\w+-]+[:\[])|@(?=\w)|(?<=www)\.", re.IGNORECASE)  # of an address, an emoji or a colour


def plain(text: str) -> str:
    """The text with Markdown's marks escaped, so that none of it becomes a picture, a link, a formula or a style."""
    return MARKS.sub(r"\\\g<0>", SIGNS.sub("\\g<0>\u200b", text))
