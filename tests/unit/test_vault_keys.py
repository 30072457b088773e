"""The key file: where it may lie, who may read it, and what a damaged one says."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from dagster_project.vault.errors import VaultError
from dagster_project.vault.keys import add_encryption_key, create_keys, key_file_path, read_keys
from dagster_project.vault.kinds import HASHED_KINDS

pytestmark = pytest.mark.unit


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def key_file(tmp_path):
    return tmp_path / "config" / "cchc" / "identity.key"


def test_created_for_its_owner_alone_and_read_back(key_file, root):
    made = create_keys(key_file, root)
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert key_file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in key_file.parent.iterdir()] == ["identity.key"]
    again = read_keys(key_file, root)
    assert again == made and again.hash_secret == made.hash_secret
    assert create_keys(key_file, root) == made, "an existing key file is never replaced"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_refused_when_others_may_touch_it(key_file, root, mode):
    create_keys(key_file, root)
    key_file.chmod(mode)
    with pytest.raises(VaultError, match=r"đang mở cho người khác.*chmod 600"):
        read_keys(key_file, root)


def test_refused_inside_the_data_root_however_it_is_named(root, tmp_path):
    with pytest.raises(VaultError, match="nằm trong thư mục dữ liệu"):
        create_keys(root / "vault" / "identity.key", root)
    with pytest.raises(VaultError, match="nằm trong thư mục dữ liệu"):
        create_keys(tmp_path / "elsewhere" / ".." / "data" / "k", root)
    (tmp_path / "link").symlink_to(root)
    with pytest.raises(VaultError, match="nằm trong thư mục dữ liệu"):
        create_keys(tmp_path / "link" / "k", root)
    (tmp_path / "k").symlink_to(root / "k")
    with pytest.raises(VaultError, match="nằm trong thư mục dữ liệu"):
        create_keys(tmp_path / "k", root)
    assert list(root.iterdir()) == []


def test_missing_says_where_it_was_looked_for(key_file, root):
    with pytest.raises(VaultError, match=r"Không tìm thấy tệp khóa.*identity\.key"):
        read_keys(key_file, root)


def edited(change):
    def edit(text):
        content = json.loads(text)
        change(content)
        return json.dumps(content)

    return edit


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "\udcff",
        edited(lambda content: content.update(encryption_keys=[])),
        edited(lambda content: content.update(hash_secret="00")),
        edited(lambda content: content["encryption_keys"][0].update(secret="00" * 32)),
        edited(lambda content: content["encryption_keys"][0].pop("key_id")),
        edited(lambda content: content.update(version=2)),
    ],
)
def test_damaged_is_told_in_one_sentence(key_file, root, damage):
    create_keys(key_file, root)
    text = key_file.read_text(encoding="utf-8")
    key_file.write_text(damage(text), encoding="utf-8", errors="surrogateescape")
    with pytest.raises(VaultError, match="bị hỏng hoặc không phải tệp khóa"):
        read_keys(key_file, root)


def test_a_new_encryption_key_leaves_hashes_and_old_keys(key_file, root):
    old = create_keys(key_file, root)
    new = add_encryption_key(old, root)
    assert new.current.key_id != old.current.key_id
    assert new.hash_key_id == old.hash_key_id
    assert [new.hash_key(kind) for kind in HASHED_KINDS] == [old.hash_key(kind) for kind in HASHED_KINDS]
    assert new.file_key(old.current.key_id, b"salt") == old.file_key(old.current.key_id, b"salt")
    assert read_keys(key_file, root) == new
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_a_key_file_behind_a_link_is_replaced_there(key_file, root, tmp_path):
    old = create_keys(key_file, root)
    link = tmp_path / "link.key"
    link.symlink_to(key_file)
    new = add_encryption_key(read_keys(link, root), root)
    assert link.is_symlink()
    assert read_keys(key_file, root).encryption_keys == new.encryption_keys
    assert len(new.encryption_keys) == len(old.encryption_keys) + 1


def test_keys_in_use_are_derived_apart(key_file, root):
    ring = create_keys(key_file, root)
    keys = [ring.hash_key(kind) for kind in HASHED_KINDS]
    keys += [ring.log_key(), ring.hash_secret, ring.current.secret]
    keys += [ring.file_key(ring.current.key_id, salt) for salt in (b"a", b"b")]
    assert len(set(keys)) == len(keys)
    assert ring.file_key("unknown", b"a") is None


def test_secrets_are_never_shown(key_file, root):
    ring = create_keys(key_file, root)
    for secret in (ring.hash_secret, ring.current.secret):
        assert secret.hex() not in repr(ring) and repr(secret) not in repr(ring)


def test_many_processes_beginning_at_once_agree_on_one_key(key_file, root):
    code = (
        "import sys; from pathlib import Path; from dagster_project.vault.keys import create_keys;"
        "print(create_keys(Path(sys.argv[1]), Path(sys.argv[2])).hash_key_id)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(key_file), str(root)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in started}) == 1
    assert all(process.returncode == 0 for process in started)


def test_the_variable_names_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("CCHC_KEY_FILE", str(tmp_path / "k"))
    assert key_file_path() == tmp_path / "k"
    monkeypatch.delenv("CCHC_KEY_FILE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert key_file_path() == tmp_path / ".config" / "cchc" / "identity.key"
