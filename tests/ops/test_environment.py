"""Settings come from the environment, then from a `.env`, then from the table; a bad one is told in a sentence."""

from __future__ import annotations

import stat

import pytest

from fiel.ops import environment
from fiel.ops.environment import SETTINGS, SettingError, keep_secret_key, load, shown
from fiel.ops.errors import CannotStart


@pytest.fixture
def data(tmp_path):
    return tmp_path / "fiel-data"


@pytest.fixture
def given(data):
    """An environment with nothing but a data folder that does not exist yet."""
    return {"FIEL_DATA": str(data)}


def test_everything_has_a_default(given, data):
    found = load(given)
    assert (found.database.kind, found.database.name) == ("sqlite", str(data / "fiel.sqlite3"))
    assert found.public_url == "http://127.0.0.1:8000"
    assert found.email.backend.endswith("console.EmailBackend")
    assert (found.card_prefix, found.debug, found.https) == ("29", False, False)
    assert not data.exists(), "reading the settings must leave no traces"


def test_set_but_empty_means_the_default(given):
    given |= {setting.name: " " for setting in SETTINGS if setting.name != "FIEL_DATA"}
    assert load(given) == load({"FIEL_DATA": given["FIEL_DATA"]})


def test_a_data_folder_may_have_any_name(tmp_path):
    found = load({"FIEL_DATA": str(tmp_path / "my shop? #1")})
    assert found.database.name == str(tmp_path / "my shop? #1" / "fiel.sqlite3")


def test_the_real_environment_wins_over_the_file_beside_the_data_and_that_over_the_one_in_it(given, data):
    data.mkdir()
    (data.parent / ".env").write_text("# Padaria\n\nFIEL_CARD_PREFIX=21\nexport FIEL_THREADS = '5'\nOTHER=x\n")
    (data / ".env").write_text('FIEL_CARD_PREFIX=22\nFIEL_THREADS=6\nFIEL_LOG_LEVEL="error"\n')
    given["FIEL_CARD_PREFIX"] = "20"
    found = load(given)
    assert (found.card_prefix, found.threads, found.log_level) == ("20", 5, "ERROR")
    assert given["FIEL_THREADS"] == "5", "the clock and child processes read the environment too"
    assert "OTHER" not in given


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("FIEL_PUBLIC_ADDRESS=x", "line 1: FIEL_PUBLIC_ADDRESS is no setting of Fiel"),
        ("FIEL_THREADS", "line 1: this is not NAME=value"),
        ("two words=x", "line 1: this is not NAME=value"),
    ],
)
def test_a_line_that_cannot_be_right_is_named(given, data, line, told):
    (data.parent / ".env").write_text(line)
    with pytest.raises(SettingError, match=told):
        load(given)


def test_a_file_that_anybody_could_have_laid_there_is_not_believed(given, data):
    (data.parent / ".env").write_text("FIEL_DATABASE_URL=postgres://thief.example/sales")
    data.parent.chmod(0o777)
    with pytest.raises(SettingError, match="not believed"):
        load(given)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("FIEL_PUBLIC_URL", "points.example.com", "must be an address"),
        ("FIEL_PUBLIC_URL", "ftp://points.example.com", "must be an address"),
        ("FIEL_PUBLIC_URL", "https://example.com/points", "must end after the host"),
        ("FIEL_PUBLIC_URL", "https://ana@example.com", "must end after the host"),
        ("FIEL_ALLOWED_HOSTS", "https://example.com", "no host name"),
        ("FIEL_TRUST_PROXY", "10.0.0.0/8, proxy", "'proxy', which is no address"),
        ("FIEL_SECRET_KEY", "short", "at least 32"),
        ("FIEL_DATABASE_URL", "oracle://x", "must begin with"),
        ("FIEL_EMAIL_URL", "sendmail:", "must be console:"),
        ("FIEL_EMAIL_FROM", "Ana", "must be an e-mail address"),
        ("FIEL_THREADS", "0", "from 1 to 999"),
        ("FIEL_THREADS", "1.5", "from 1 to 999"),
        ("FIEL_CARD_PREFIX", "39", "must begin with 2"),
        ("FIEL_LOG_LEVEL", "loud", "must be DEBUG"),
        ("FIEL_DEBUG", "maybe", "must be yes or no"),
    ],
)
def test_a_bad_value_is_told_in_a_sentence_that_names_its_setting(given, name, value, told):
    with pytest.raises(SettingError, match=f"^{name} .*{told}.*"):
        load(given | {name: value})


@pytest.mark.parametrize("name", ["FIEL_CLOCK_FILE", "FIEL_DEBUG"])
def test_what_is_for_tests_is_refused_where_people_are_served(given, name):
    with pytest.raises(SettingError, match=f"{name}.*unset it"):
        load(given | {"FIEL_PUBLIC_URL": "https://points.example.com", name: "yes"})


def test_the_secret_key_is_made_once_and_kept_to_its_owner(given, data):
    keep_secret_key(given)
    key = load(given).secret_key
    assert len(key) >= 64
    assert stat.S_IMODE((data / "secret-key").stat().st_mode) == 0o600
    keep_secret_key(given)
    assert load(given).secret_key == key
    assert [path.name for path in data.iterdir()] == ["secret-key"]


def test_the_first_of_two_keys_made_at_once_is_kept(data):
    data.mkdir()
    environment._write_once(data / "secret-key", "first")
    environment._write_once(data / "secret-key", "second")
    assert (data / "secret-key").read_text() == "first\n"


def test_a_key_that_is_given_is_not_written(given, data):
    keep_secret_key(given | {"FIEL_SECRET_KEY": "k" * 40})
    assert list(data.iterdir()) == []


def test_a_folder_that_cannot_be_is_told(given, data):
    data.write_text("a file where the folder should be")
    with pytest.raises(CannotStart, match="where Fiel cannot write"):
        keep_secret_key(given)


@pytest.mark.parametrize(
    ("name", "value", "printed"),
    [
        ("FIEL_SECRET_KEY", "x" * 40, "(hidden)"),
        ("FIEL_SECRET_KEY", "", ""),
        ("FIEL_DATABASE_URL", "postgres://ana:s3cret@db/fiel", "postgres://ana:***@db/fiel"),
        ("FIEL_DATABASE_URL", "postgres://db/fiel", "postgres://db/fiel"),
        ("FIEL_DATABASE_URL", "postgres://ana:s3cret@[db/fiel", "(hidden)"),
        ("FIEL_EMAIL_URL", "smtps://ana:s3cret@mail", "smtps://ana:***@mail"),
        ("FIEL_PUBLIC_URL", "https://points.example.com", "https://points.example.com"),
    ],
)
def test_secrets_are_not_printed(name, value, printed):
    (setting,) = (setting for setting in SETTINGS if setting.name == name)
    assert shown(setting, value) == printed


def test_the_table_lists_each_setting_once_and_says_what_it_does():
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    assert all(setting.does.endswith(".") for setting in SETTINGS)
