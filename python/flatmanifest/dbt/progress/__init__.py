"""The progress line of a parse on the terminal (``line``), and its seams (``showing``)."""
