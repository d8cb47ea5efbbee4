"""``python -m onewarm`` is the command line."""

from onewarm.cli import app

app(prog_name="onewarm")
