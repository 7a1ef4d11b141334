"""`python -m pipeline` is `banmian`."""

from pipeline.cli import program

if __name__ == "__main__":
    program()
