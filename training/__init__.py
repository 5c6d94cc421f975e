"""The recipe that made `gba_qa/models`: from raw text to the shipped folder.  Needs the extra `dev`; see README.md."""
