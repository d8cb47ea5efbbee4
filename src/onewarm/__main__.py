"""``python -m onewarm`` is the command line."""

import sys


def main() -> None:
    """Run the command line, or print what to install for it."""
    try:
        from onewarm.cli.app import app
    except ModuleNotFoundError as error:
        sys.exit(f"onewarm: the command line needs {error.name}: pip install 'onewarm[all]'")
    app(prog_name="onewarm")


if __name__ == "__main__":
    main()
