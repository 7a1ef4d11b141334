"""The test material: invented newspaper pages with gold, a generator of variants, and a scorer of our own.

`source` reads the hand-written `.page` files, `build` lays them out into dumps with gold, `vary` changes a page and
its gold together, `score` judges the pipeline's answer to a page, `load` finds the pages. Nothing here imports the
pipeline's rules: the pages are an independent test of the trade's forms.
"""
