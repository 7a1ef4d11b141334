"""What can be asked of the cleaned tables: a worked example, to be run as it stands or cell by cell (`# %%`).

    python examples/analysis.py [OUTPUT_FOLDER]

The folder is that of `banmian run --output`, by default `outputs`. Needed is what Banmian itself needs: pandas, DuckDB.
"""

# %% The tables: one Parquet file for each newspaper issue, all of a table read at once
import sys
from pathlib import Path

import duckdb
import pandas as pd

OUTPUT = Path(sys.argv[1] if len(sys.argv) > 1 else "outputs")
articles = pd.read_parquet(OUTPUT / "articles")
edits = pd.read_parquet(OUTPUT / "edits")
print(f"{len(articles)} articles of {articles.page_id.nunique()} pages, {len(edits)} edits and suggestions\n")

# %% Articles per author: `authors` is a list, so a shared byline counts for each of them
by_author = (
    articles.explode("authors")
    .groupby("authors")
    .agg(articles=("article_id", "size"), characters=("n_chars", "sum"))
    .sort_values(["articles", "characters"], ascending=False)
)
print("Articles per author:", by_author.head(10), sep="\n", end="\n\n")

# %% Names per week: every mention of the ten most named persons, by the week of the issue.
# Days are known if the input's paths or pages.csv tell them; what bears no day is counted under "no day".
names = pd.read_parquet(OUTPUT / "names.parquet").nlargest(10, ["mentions", "pages"])
days = pd.to_datetime(articles.issue_date)
week = days.dt.to_period("W").dt.start_time.dt.strftime("%Y-%m-%d").fillna("no day").rename("week of")
mentions = pd.DataFrame({name: articles.text.str.count(name) for name in names.name}).groupby(week).sum()
print("Names per week:", mentions.T, sep="\n", end="\n\n")

# %% The same in SQL. `banmian query "…"` asks the tables just so, and writes CSV, JSON or Parquet with --to FILE
weekly = duckdb.sql(f"""
    SELECT coalesce(strftime(date_trunc('week', issue_date), '%Y-%m-%d'), 'no day') AS "week of",
           count(*) AS articles, sum(n_chars)::BIGINT AS characters
    FROM '{OUTPUT}/articles/*.parquet' GROUP BY ALL ORDER BY ALL
""").df()
print("Articles per week:", weekly, sep="\n", end="\n\n")

# %% How corrections distribute: by rule and status, how sure they are, and on how many pages
words = edits[edits.stage.isin(["correct", "script"])]
by_rule = words.groupby(["rule", "status"]).agg(
    n=("edit_id", "size"), pages=("page_id", "nunique"), confidence=("confidence", "median")
)
print("Corrections of words:", by_rule, sep="\n", end="\n\n")
print(words[["before", "after", "rule", "status", "confidence", "evidence"]].to_string(index=False, max_colwidth=40))
print()

# %% Where an article comes from: its raw spans, in the order in which they are read, with the lines of the file
article = articles.sort_values("n_chars").iloc[-1]
page = pd.read_parquet(OUTPUT / "pages" / f"{article.issue_id}.parquet").set_index("page_id").loc[article.page_id]
raw = page.text
print(f"{article.headline or '(no headline)'}: read from {page.source}")
for span in article.raw_spans:
    line = raw.count("\n", 0, span["start"]) + 1
    piece = raw[span["start"] : span["end"]]
    print(f"  line {line:>4}  {piece if len(piece) <= 40 else piece[:40] + '…'}")
report = f"{OUTPUT}/report/pages/{article.issue_id}/"
print(f"The same as a picture: {report}, at the anchor #a{article.article_id.rpartition('@')[2]}\n")

# %% The clean text is the raw text and its edits, nothing else: undo one, and the raw character is back
edit = edits[edits.status == "applied"].iloc[0]
source = pd.read_parquet(OUTPUT / "pages" / f"{edit.issue_id}.parquet").set_index("page_id").loc[edit.page_id]
assert source.text[edit.raw_start : edit.raw_end] == edit.before
print(f"{edit.before!r} is read as {edit.after!r} ({edit.rule}); the raw text still says {edit.before!r}.")
