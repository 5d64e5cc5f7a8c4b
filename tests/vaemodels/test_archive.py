import io
import struct
import zipfile

import pytest

from vaemodels.data import archive
from vaemodels.errors import LabError


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return file


def test_files_come_one_by_one_as_they_were_packed():
    files = {"a/1.png": b"one", "a/2.png": b"", "b/ä.png": bytes(range(256)) * 300}
    opened = packed(files)
    assert archive.count(opened) == 3
    assert {file.name: file.data for file in archive.files_of(opened)} == files
    assert not any(file.refused for file in archive.files_of(opened))


def test_folders_are_passed_over_and_a_comment_is_no_hindrance():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.mkdir("a")
        opened.writestr("a/1.png", b"one")
        opened.comment = b"a comment, as packers leave one; " * 20
    assert [found.name for found in archive.files_of(file)] == ["a/1.png"]


@pytest.mark.parametrize(
    "name", ["../x.png", "a/../../x.png", "/etc/x.png", "C:\\x.png", "\\\\host\\x.png", "..\\x.png"]
)
def test_a_path_that_leads_out_is_not_read(name):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as opened:
            entry = zipfile.ZipInfo("placeholder")
            entry.filename = name
            opened.writestr(entry, b"secret")
            opened.writestr("good.png", b"good")
        first, second = archive.files_of(file)
    assert (first.data, second.data) == (b"", b"good")
    assert first.refused.startswith("Its path leads out of the archive")


def test_a_link_is_not_followed():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        entry = zipfile.ZipInfo("link.png")
        entry.create_system = 3
        entry.external_attr = 0o120777 << 16
        opened.writestr(entry, b"/etc/passwd")
    [found] = archive.files_of(file)
    assert (found.data, found.refused.split(",")[0]) == (b"", "It is a link")


def test_what_is_encrypted_or_packed_otherwise_is_left_out():
    file = packed({"a.png": b"a" * 100})
    data = bytearray(file.getvalue())
    for sign, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(sign) + offset] |= 1
    [found] = archive.files_of(io.BytesIO(bytes(data)))
    assert "encrypted" in found.refused
    [found] = archive.files_of(packed({"a.png": b"a" * 100}, zipfile.ZIP_LZMA))
    assert "ordinary zip" in found.refused


def with_declared_size(file: io.BytesIO, size: int) -> io.BytesIO:
    """The same archive, whose one entry says that it is of another size."""
    data = bytearray(file.getvalue())
    for sign, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = data.index(sign) + offset
        data[at : at + 4] = struct.pack("<L", size)
    return io.BytesIO(bytes(data))


def test_a_bomb_that_declares_its_size_is_refused_before_it_is_read(monkeypatch):
    one = packed({"one.png": bytes(archive.MOST_FILE_BYTES + 1)})
    bomb = packed({f"{i}.png": bytes(archive.MOST_FILE_BYTES) for i in range(9)})
    assert len(bomb.getvalue()) < 1_000_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was read"))
    with pytest.raises(LabError, match="more than 200 MB"):
        list(archive.files_of(bomb))
    [found] = archive.files_of(one)
    assert found.data == b"" and found.refused.startswith("It has more than 25 MB")


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_declared():
    [found] = archive.files_of(with_declared_size(packed({"a.png": bytes(50_000_000)}), 1_000))
    assert found.refused.startswith("It is damaged") or len(found.data) <= 1_001


def test_too_many_files_are_refused_by_what_the_archive_says_before_its_list_is_read(monkeypatch):
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("its list was read"))
    for files, list_bytes in ((20_001, 1_000), (0xFFFF, 1_000), (5, archive.MOST_LIST_BYTES + 1)):
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, files, files, list_bytes, 0, 0)
        with pytest.raises(LabError, match="more than 20,000 files"):
            list(archive.files_of(io.BytesIO(end)))


def test_more_files_than_it_says_are_refused_too(monkeypatch):
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    data = bytearray(packed({f"{i}.png": b"" for i in range(5)}).getvalue())
    data[-14:-10] = struct.pack("<2H", 1, 1)
    with pytest.raises(LabError, match=r"more than 3 files|damaged"):
        list(archive.files_of(io.BytesIO(bytes(data))))


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"PK\5\6", b"no zip at all" * 100, packed({"a": b"a" * 999}).getvalue()[:-5]]
)
def test_what_is_no_archive_is_told_in_a_sentence(data):
    with pytest.raises(LabError, match=r"\.$"):
        list(archive.files_of(io.BytesIO(data)))


def test_a_damaged_file_is_left_out_and_the_others_are_read():
    data = bytearray(packed({"a.png": b"a" * 999, "b.png": b"b"}, zipfile.ZIP_STORED).getvalue())
    data[data.index(b"aaaa")] ^= 1
    first, second = archive.files_of(io.BytesIO(bytes(data)))
    assert first.refused.startswith("It is damaged") and second.data == b"b"
