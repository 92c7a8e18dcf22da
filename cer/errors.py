"""The few exceptions users see. Each message says what was given, what is accepted and what to do."""


class CerError(Exception):
    """Base of every error that this package raises on purpose."""


class ClipError(CerError):
    """A clip cannot be read. The message names the clip and the cause."""


class WeightsError(CerError):
    """A weight file is missing or is not the file it should be. The message names the file, the cause and the
    remedy.
    """


class DataError(CerError):
    """A corpus, labels or predictions file does not have the form it should have."""
