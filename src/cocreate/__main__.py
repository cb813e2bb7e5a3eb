"""`python -m cocreate`: the command line without an installed script."""

from cocreate.cli import main

if __name__ == "__main__":
    main()
