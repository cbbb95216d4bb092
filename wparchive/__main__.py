"""`python -m wparchive`: the same as the console script."""

from wparchive.cli import main

if __name__ == "__main__":
    main()
