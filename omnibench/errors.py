"""The errors that people see: one line each, with an exit code."""

import errno

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where nothing more can be written."""


class OmnibenchError(Exception):
    """Something the user can mend; the message says what is wrong, where, and what to do.

    The command line prints it as one line on stderr and exits with `exit_code`.
    """

    exit_code = 2


class ImageError(OmnibenchError):
    """An image that cannot be had: missing, broken, too large or not a picture."""


class JudgeError(OmnibenchError):
    """A judge that gave no grade for one reply; the sample keeps its reply and is not scored."""
