"""Retries where a retry helps: a file system or a net that was away for a moment. A fault in the data or in the
program fails at once, as it would again."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

#: Attempts after the first, and seconds before the first of them; each waits twice as long.
MOST, WAIT = 3, 5.0
_PASSING = {
    errno.EAGAIN, errno.EBUSY, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH,
    errno.EINTR, errno.EIO, errno.ENETDOWN, errno.ENETUNREACH, errno.EPIPE, errno.ESTALE, errno.ETIMEDOUT,
}  # fmt: skip
#: Object stores raise errors of libraries that may not be installed: they are known by name.
_PASSING_NAMES = {
    "ClientConnectionError", "ConnectTimeoutError", "EndpointConnectionError", "FSTimeoutError", "HttpError",
    "ReadTimeoutError", "ServerDisconnectedError", "ServerTimeoutError", "ServiceRequestError", "SlowDown",
}  # fmt: skip


def is_passing(error: BaseException) -> bool:
    """May the same succeed in a moment?

    >>> is_passing(TimeoutError()), is_passing(FileNotFoundError("x")), is_passing(ValueError("x"))
    (True, False, False)
    """
    if isinstance(error, ConnectionError | TimeoutError | InterruptedError):
        return True
    if isinstance(error, OSError) and error.errno in _PASSING:
        return True
    if any(kind.__name__ in _PASSING_NAMES for kind in type(error).__mro__):
        return True
    return error.__cause__ is not None and is_passing(error.__cause__)


@contextmanager
def retried(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Asks Dagster to try the step again when what failed may pass."""
    try:
        yield
    except Exception as error:
        if not is_passing(error):
            raise
        attempt = context.op_execution_context.retry_number
        context.log.warning(f"{type(error).__name__}: {error}: the step is tried again ({attempt + 1} of {MOST})")
        raise dg.RetryRequested(max_retries=MOST, seconds_to_wait=WAIT * 2**attempt) from error
