"""Perplexity: prose is less surprising than noise, and a page does not vouch for itself."""

from __future__ import annotations

import random
from itertools import product

from pipeline.language.ngrams import empty_model, train
from pipeline.language.surprise import LEAST, perplexity

WHO, WHEN, WHERE = ("记者", "市长", "农户", "游客"), ("昨天", "今天", "上周"), ("清河", "老街", "码头", "山村")
WHAT = ("种下新苗", "看望老人", "修好水渠", "讲了故事")
SENTENCES = [f"{who}{when}在{where}{what}。" for who, when, where, what in product(WHO, WHEN, WHERE, WHAT)]


def texts() -> list[str]:
    """So much prose that the model has something to say."""
    order = random.Random(1)
    return ["".join(order.choices(SENTENCES, k=200)) for _ in range(2 * LEAST // 2000)]


def test_prose_is_less_surprising_than_noise() -> None:
    corpus = texts()
    model, page = train(corpus), corpus[0]
    prose = perplexity(model, page, [page])
    noise = perplexity(model, page, ["".join(random.Random(2).sample(page, 500))])
    assert prose and noise and prose * 3 < noise


def test_a_page_s_own_counts_do_not_count() -> None:
    odd = "".join(chr(0x4E00 + 7 * n % 5000) for n in range(400))
    model = train([*texts(), odd])
    own, foreign = perplexity(model, odd, [odd]), perplexity(model, "别的一页", [odd])
    assert own and foreign and own > 10 * foreign


def test_a_model_that_has_seen_little_says_nothing() -> None:
    assert perplexity(empty_model(), "字", ["字"]) is None
    model = train(["记者昨天在清河。" * 300])
    assert perplexity(model, "字", ["记者昨天在清河"]) is None
    assert perplexity(train(texts()), "字", []) is None
