"""Text from outside, made fit for a terminal."""


def plain(text: str, *, keep: str = "") -> str:
    """Text with control and invisible characters written as escapes; those in `keep` stay.

    A reply or a file name can then neither steer a terminal nor hide what it says.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )
