"""Where things stand in the report: files, links and anchors that can be cited.

A page is `pages/<issue_id>/<page>.html`; in it `#a35` is the article `<page_id>@35`, and `#L12` the twelfth line of the
raw text. Both stay the same for as long as the raw page and the way it is read do.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

_PLAIN = re.compile(r"[\w-][\w.-]{0,79}")


def page_file(page_id: str) -> str:
    """File name of a page's picture: that of the page where a file system can tell it from others.

    >>> page_file("tianjin__2025-12-26/04"), page_file("tianjin__2025-12-26/A04")
    ('04.html', 'A04-c4a0.html')
    """
    name = page_id.partition("/")[2] or page_id
    digest = hashlib.sha256(page_id.encode("utf-8", "backslashreplace")).hexdigest()
    if not _PLAIN.fullmatch(name) or name.casefold() in ("index", "texts"):
        return f"{digest[:16]}.html"
    return f"{name}.html" if name == name.casefold() else f"{name}-{digest[:4]}.html"


def page_link(page_id: str) -> str:
    """Link to a page from the report's root.

    >>> page_link("天津/04")
    'pages/%E5%A4%A9%E6%B4%A5/04.html'
    """
    return quote(f"pages/{page_id.partition('/')[0]}/{page_file(page_id)}")


def issue_link(issue_id: str) -> str:
    """Link to the contents of a newspaper issue from the report's root."""
    return quote(f"pages/{issue_id}/index.html")


def article_anchor(article_id: str) -> str:
    """`a` and the offset at which the article begins.

    >>> article_anchor("tianjin__2025-12-26/04@35")
    'a35'
    """
    return f"a{article_id.rpartition('@')[2]}"


def article_link(article_id: str) -> str:
    """Link to an article from the report's root."""
    return f"{page_link(article_id.rpartition('@')[0])}#{article_anchor(article_id)}"


def line_anchor(number: int) -> str:
    """Lines are counted from 1, as editors do."""
    return f"L{number}"
