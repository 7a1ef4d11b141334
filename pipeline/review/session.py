"""One review from start to end: what is open, the server, the browser, and what to do with the decisions."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

import fsspec

from pipeline.datasets.decisions import ENDING, DecisionsError, decisions_path
from pipeline.datasets.store import Store, StoreError
from pipeline.knowledge import had_lexicon
from pipeline.review.desk import Desk, file_is_writable
from pipeline.review.guard import new_token
from pipeline.review.server import ADDRESS, build_app, listen, server
from pipeline.review.suggestions import corpus_names, grouped, open_suggestions
from pipeline.settings import PAIR_FILE, UsageError


@dataclass(frozen=True)
class Review:
    """A desk, and what the page and the terminal say of it."""

    desk: Desk
    facts: dict[str, str]
    n_groups: int


def prepare(output: str, named: str | None = None) -> Review:
    """Gathers the open suggestions of an output folder.

    Raises:
        UsageError: there are no tables, or the decisions cannot be read or saved.
    """
    path = decisions_path(output, named)
    if not path.lower().endswith(ENDING):
        raise UsageError(f"decisions are kept in a {ENDING} file, not in {path}: give --decisions name{ENDING}")
    if path.rsplit("/", 1)[-1] == "pages.csv":
        raise UsageError("pages.csv is a list of pages: give the decisions another name")
    store = Store(output)
    if not store.issues("edits"):
        raise UsageError(f"{output} holds no tables: `banmian run --input DIR --output {output}` makes them")
    if why := file_is_writable(path):
        raise UsageError(f"decisions cannot be saved in {path}: {why}; give --decisions FILE")
    try:
        groups = grouped(open_suggestions(output), corpus_names(output))
        desk = Desk(groups, path)
    except StoreError as error:
        raise UsageError(f"the tables cannot be read: {error}") from None
    except DecisionsError as error:
        raise UsageError(f"decisions {path}: {error}") from None
    return Review(desk, {"output": output, "decisions": path, "command": next_command(output, named)}, len(groups))


def next_command(output: str, named: str | None) -> str:
    """The command that makes the decisions take effect."""
    parts = ["banmian", "run", "--input", _input_of(output), "--output", output]
    if named:
        parts += ["--decisions", named]
    if had_lexicon(output):
        parts += ["--lexicon", os.environ.get("BANMIAN_LEXICON") or "DIR"]
    return shlex.join(parts)


def _input_of(output: str) -> str:
    """As the output folder notes it."""
    fs, root = fsspec.core.url_to_fs(output)
    try:
        return str(json.loads(fs.cat_file(f"{root.rstrip('/')}/{PAIR_FILE}"))["input"])
    except (OSError, ValueError, KeyError, TypeError):
        return "DIR"


def hold(review: Review, port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Serves the page until the person ends it.

    Raises:
        UsageError: the port is taken.
    """
    try:
        own = listen(port)
    except OSError as error:
        raise UsageError(f"port {port} of {ADDRESS} cannot be used ({error.strerror}): give another --port") from None
    with own:
        token, number = new_token(), own.getsockname()[1]
        url = f"http://{ADDRESS}:{number}/{token}/"
        app = build_app(review.desk, token, number, review.facts)
        say(f"Review at {url}")
        say("Ctrl-C ends it; every decision is saved at once.")
        with _opened(url, browser), contextlib.suppress(KeyboardInterrupt):
            server(app).run(sockets=[own])


@contextmanager
def _opened(url: str, wanted: bool) -> Iterator[None]:
    """Opens the browser where there is one with windows. The secret goes through a file that only the user can read:
    the arguments of a program can be seen by everybody on the machine."""
    if not wanted or not _has_windows():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="banmian-review-") as folder:
        page = Path(folder) / "review.html"
        page.write_text(
            f'<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
            f'<meta http-equiv="refresh" content="1; url={escape(url)}"><a href="{escape(url)}">Review</a>\n',
            encoding="utf-8",
        )
        page.chmod(0o600)
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(page.as_uri())
        yield


def _has_windows() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
