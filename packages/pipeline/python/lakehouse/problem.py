# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a table, as the platform reports it: a code, a sentence and the values that it mentions."""

import re


class Problem(Exception):
    """Ends the reading. `code` is one of the platform's own; the message is lower case and says what to do."""

    def __init__(self, code, message, **details):
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


def said(error):
    """The first line of what a library says, without colour and without the paths of its own source."""
    text = str(error).replace("\x1b[31m", "").replace("\x1b[0m", "").strip()
    return (text.splitlines() or [type(error).__name__])[0].strip()[:300]


def unread(what, error):
    """What a file system or a store answered other than the bytes: a right that is missing, or no answer."""
    if isinstance(error, PermissionError) or re.search(r"Permission denied|Forbidden|Unauthorized|AccessDenied", str(error)):
        return Problem(
            "source_refused",
            f"`{what}` may not be read here; give the user that runs steps, or the credentials, the right to read the table",
            what=what,
        )
    return Problem("source_unreachable", f"`{what}` cannot be reached: {said(error)}", what=what)
