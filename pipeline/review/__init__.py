"""A small local web page on which a person decides about suggestions. What does not belong here: Dagster, and any
decision about the text other than the person's."""
