"""Which characters count in a key."""

from __future__ import annotations

from pipeline.language.winnowing import keys_of


def test_words_are_what_unicode_calls_letters_and_digits() -> None:
    every = [chr(c) for c in range(0x110000)]
    text = "".join(every)
    assert keys_of([text])[0] == "".join(c for c in every if c.isalnum())
    assert keys_of(["", "中，\udc80a 1", ""])[1] == "中a1"
