"""What people read: previews for the Dagster UI and the static report.

What belongs here: turning tables and clean pages into Markdown and HTML. What does not: deciding anything about the
text, and Dagster.
"""
