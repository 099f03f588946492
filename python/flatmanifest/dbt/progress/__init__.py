"""The line on the terminal that says how far a parse is, and the seams that move it."""
