"""Whatever a library complains about is an error: its warnings, and its log from WARNING on."""

import logging
import warnings

# Text that a client which cuts events wrongly would lose: line ends of every kind, and what looks like a field.
QUESTION = "".join([
    "Grüße an die \"Welt\" 🦀,\ndata: [DONE]\r\n\revent: error\n\n  two spaces, a tab\t, a \\ and",
    " separators \u2028 of lines \u2029 and \x85 others \x0b\x0c \u0000 end",
])


class Complaint(logging.Handler):
    def emit(self, record):
        raise AssertionError(f"{record.name} complains: {record.getMessage()}")


def are_errors():
    warnings.simplefilter("error")
    logging.getLogger().addHandler(Complaint(logging.WARNING))
