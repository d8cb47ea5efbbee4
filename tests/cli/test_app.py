"""What all commands share: version, help, and imports that cost nothing."""

import pytest

import onewarm


def test_version(run):
    assert run("--version").output.strip() == onewarm.__version__


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["open"],
        ["build"],
        ["study"],
        ["audit"],
        ["warm"],
        ["claims"],
        ["claims", "list"],
        ["claims", "verify"],
        ["concept"],
        ["concept", "new"],
        ["concept", "check"],
        ["concept", "schema"],
    ],
)
def test_help_of_every_command(run, command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.output and len(result.output.splitlines()) > 8


@pytest.mark.parametrize("command", [[], ["claims"], ["concept"]])
def test_without_a_command_its_help_is_shown(run, command):
    result = run(*command)
    assert result.exit_code == 2 and "Usage: " in result.output


def test_an_unknown_command_is_refused_and_a_near_one_suggested(run):
    result = run("stduy")
    assert result.exit_code == 2 and "study" in result.output
