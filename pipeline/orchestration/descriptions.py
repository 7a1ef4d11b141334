"""What each asset holds, why it is there, and an example: the words of the UI."""

from __future__ import annotations

#: Groups in the order of the story: the UI lists them by name, hence the numbers.
GROUPS = {
    "raw": "1_raw",
    "models": "2_models",
    "reading": "3_reading",
    "articles": "4_articles",
    "corpus": "5_corpus",
    "review": "6_review",
}

DESCRIPTIONS = {
    "pages": (
        "The raw text of every page exactly as it was read, with where it came from and how it was encoded. Nothing "
        "ever changes it, so that whatever cleaning does can be undone and proved. "
        "Example: `tianjin/04.txt` becomes the row `tianjin/04` with its GB18030 bytes decoded."
    ),
    "rejects": (
        "What could not be read, or was read and not published, each with its reason. It is there so that a bad file "
        "is missed by nobody and stops nobody: the other pages go on. "
        "Example: a PNG that someone named `05.txt` is here with the reason `binary`."
    ),
    "normalised": (
        "Stage table: the edits that need no understanding of the page: marks, widths, spaces, leaked traditional "
        "characters. They come first because all later steps compare text, and `,` is not `，`. "
        "Example: `水位,回落` is to be read as `水位，回落`."
    ),
    "lines": (
        "Stage table: how a page was understood: the role of every line, which lines go on where, what repeats, and "
        "which article each belongs to. It is kept so that a surprising article can be traced to the decision that "
        "made it. Example: `…再到核` and `电,…` two lines below are one paragraph, joined with a confidence of 0.97."
    ),
    "articles": (
        "One row an article: section, kicker, headline, subhead, authors, dateline and the clean text. This is the "
        "table to analyse and to cite; each article knows the raw spans it is made of. "
        "Example: headline `青石峡大坝封顶`, authors `[周文涛]`, 812 characters, confidence 0.93."
    ),
    "paragraphs": (
        "The articles' paragraphs with their roles, and the pieces of the raw page that each is put together from. "
        "Joins are told here with how sure they are, so that a doubtful one can be found and undone. "
        "Example: a body of two spans was cut at the foot of a column and goes on elsewhere on the page."
    ),
    "edits": (
        "Every change of the text and every suggestion, with rule, evidence and confidence. The clean text is the raw "
        "text and these edits, nothing else, so all of them can be checked and taken back. "
        "Example: `周义涛` is read as `周文涛`, because the page names him so elsewhere."
    ),
    "duplicates": (
        "Repeats that were taken out of the text, what was kept instead, and what of the repeat lives on elsewhere. "
        "They are kept so that counting words counts no paragraph twice, and nothing is lost by it. "
        "Example: a paragraph printed twice, the second copy having swallowed the end of another one."
    ),
    "orphans": (
        "Text that belongs to no article, each piece with the reason. It is set apart rather than thrown away: "
        "what could not be placed today may be placed by a person, or by a later version. "
        "Example: the page's foot `责任编辑：…` is here as `furniture`."
    ),
    "ledger": (
        "What became of every character of every page, computed from the published tables alone. It is the proof that "
        "nothing was lost: its rows cover a page without gap or overlap, or the page is withheld. "
        "Example: characters 120 to 180 stand in article `…@35`, paragraph 2, as body."
    ),
    "quality": (
        "One row a page of counts and rates. They are there to be watched over time: a jump tells of another scanner, "
        "another layout or a page upside down. "
        "Example: 10 articles, 5 joins, 301 edits of marks, 2 corrections, 1 suggestion, no orphan."
    ),
    "language_model": (
        "Character n-gram counts of all pages and of the reference text: how likely one character is after others. "
        "They decide where a broken sentence goes on; a page's own counts are taken away when it is read, so that it "
        "cannot confirm its own errors. Example: the model tells that 再到核 goes on with 电 rather than with 的."
    ),
    "name_lexicon": (
        "Person names of the whole input with how often each is mentioned, before any correction. A name that many "
        "pages know is not taken for a misprint of another one. "
        "Example: 周文涛 stands on 12 pages, 周义涛 on one."
    ),
    "learned_confusions": (
        "Which character was printed for which, counted from the review's accepted decisions less the rejected ones. "
        "What people confirmed once makes the same slip easier to see elsewhere. "
        "Example: 滏 was printed as 溢 four times."
    ),
    "reprints": (
        "Articles that were printed more than once, on other pages or days, in clusters. They are recorded and never "
        "deleted: whether a reprint counts is for the analysis to say. "
        "Example: an agency report of Monday that a paper shortened for Tuesday is `contained` in the first."
    ),
    "names": (
        "Who is named in the corpus: how often, on how many pages, with which titles, and which forms were unified. "
        "It is the quickest way to see whom the papers speak of, and whether a name was put right wrongly. "
        "Example: 周文涛, 记者, 3 mentions, the form 周义涛 unified twice."
    ),
    "report": (
        "A static site to read and check the result: plots, a search, and every page as a picture of its raw lines "
        "beside the articles, with edits and joins explained. It is for those who judge the text and never open a "
        "notebook. Example: open `report/index.html` in the output folder; it needs no server and no net."
    ),
}  # fmt: skip


def described(name: str) -> str:
    """The words for an asset."""
    return DESCRIPTIONS[name]
