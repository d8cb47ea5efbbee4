"""``python -m onewarm`` is the command line."""

import sys

_EXTRAS = {
    "audit": "audit",
    "study": "study",
    "open": "study,notebook",
    "claims": "study,notebook",
    "build": "notebook",
    "concept": "notebook",
}


def main() -> None:
    """Run the command line, or print what to install for it."""
    try:
        from onewarm.cli.app import app
    except ModuleNotFoundError as error:
        if sys.argv[1:] == ["warm"]:
            _warm()
            return
        command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        extra, package = _EXTRAS.get(command, "all"), (error.name or "").partition(".")[0]
        sys.exit(f"onewarm: the command line needs {package}: pip install 'onewarm[{extra}]'")
    app(prog_name="onewarm")


def _warm() -> None:
    """``onewarm warm`` of a core installation: a container needs no command line."""
    from onewarm.warm import warm

    done = warm()
    print(f"{done.functions} functions are in {done.folder} ({done.seconds:.0f} s).")


if __name__ == "__main__":
    main()
