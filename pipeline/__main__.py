"""`python -m pipeline` is `banmian`."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
