"""`python -m gba_qa` is `gba-qa`."""

from gba_qa.cli import main

main()
