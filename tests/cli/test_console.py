"""Which errors end a command with a sentence, and which stay a traceback."""

import os
import signal
import threading

import pytest
import typer

from onewarm.cli import console
from onewarm.cli.console import friendly, sigterm_as_ctrl_c
from onewarm.errors import InputError, MissingExtraError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("row 3 is [red]"), "row 3 is [red]"),
        (MissingExtraError("Ray Data: pip install 'onewarm[ray]'"), "Ray Data: pip install 'onewarm[ray]'"),
        (OSError(28, "No space left on device"), "No space left on device"),  # of what is printed
        (FileNotFoundError(2, "No such file or directory", "nowhere.csv"), "nowhere.csv: No such file or directory"),
    ],
)
def test_an_error_for_the_user_is_one_sentence_and_exit_code_2(error, said, capsys, monkeypatch):
    monkeypatch.setattr(console, "errors", console.Console(stderr=True))
    with pytest.raises(typer.Exit) as stop, friendly():
        raise error
    assert stop.value.exit_code == 2
    assert capsys.readouterr().err == f"error: {said}\n"


@pytest.mark.parametrize("error", [KeyError("weight2"), IndexError("3"), ValueError("shapes (3,) (4,)"), TypeError()])
def test_a_fault_of_ours_stays_a_traceback(error):
    with pytest.raises(type(error)) as raised, friendly():
        raise error
    assert raised.value is error


def test_a_missing_module_of_ours_is_no_missing_extra():
    with pytest.raises(ModuleNotFoundError), friendly():
        import onewarm.no_such_module  # noqa: F401


def test_the_debug_variable_shows_every_traceback(monkeypatch):
    monkeypatch.setenv("ONEWARM_DEBUG", "1")
    with pytest.raises(InputError), friendly():
        raise InputError("row 3")


def test_a_command_with_a_fault_of_ours_shows_it(run, monkeypatch):
    def broken(*arguments, **options):
        return {}["weight2"]

    monkeypatch.setattr("onewarm.study.study.Study.run", broken)
    result = run("study", "digits")
    assert result.exit_code == 1 and isinstance(result.exception, KeyError)
    assert "error:" not in result.output


def test_ctrl_c_says_that_nothing_is_lost(run, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("onewarm.study.study.Study.run", interrupted)
    result = run("study", "digits")
    assert result.exit_code == 130
    assert "finished runs are stored" in result.output


@pytest.mark.skipif(os.name != "posix", reason="elsewhere SIGTERM ends a process at once")
def test_sigterm_is_as_ctrl_c_and_only_there():
    """A study that `timeout` or a scheduler ended printed joblib's warnings of what it had left behind."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(typer.Exit) as stop, friendly(), sigterm_as_ctrl_c():
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.value.exit_code == 143 and signal.getsignal(signal.SIGTERM) is before
    with pytest.raises(typer.Exit) as stop, friendly():
        raise KeyboardInterrupt
    assert stop.value.exit_code == 130


def test_in_another_thread_signals_are_left_alone():
    done = []

    def work():
        with sigterm_as_ctrl_c():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
