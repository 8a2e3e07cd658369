"""The command line: one list, with groups where a command has two words."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from fiel.ops import cli
from fiel.ops.cli import Command, application


def show(slug: str = "sol"):
    """Shows a business."""
    print(f"business {slug}")


def watch():
    """Watches."""
    print("watching")


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(cli, "GROUPS", {"business": "Businesses."})
    app = application((Command("business show", show), Command("business list", watch), Command("watch", watch)))
    return lambda *typed: CliRunner().invoke(app, typed)


def test_a_command_of_one_word_and_of_two(run):
    assert run("watch").output == "watching\n"
    assert run("business", "show", "--slug", "lua").output == "business lua\n"


def test_help_tells_every_command(run):
    assert "Businesses." in run("--help").output
    assert "Shows a business." in run("business", "--help").output


def test_an_unknown_command_is_refused(run):
    assert run("business", "shut").exit_code == 2


def test_every_command_says_what_it_does():
    assert all(command.function.__doc__ for command in cli.commands(cli.PLAIN | cli.WITH_DJANGO))


def test_no_more_is_imported_than_was_typed():
    assert [command.words for command in cli.commands(cli.WITH_DJANGO, "key")] == [
        "key create",
        "key list",
        "key revoke",
    ]
    assert len(cli.commands(cli.WITH_DJANGO, "unheard-of")) == len(cli.WITH_DJANGO)
