from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cer.names import MAX_NAME_BYTES, printable, result_names

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
odd = st.sampled_from(["..", ".", "con", "COM1", "\x1b[2J", "\u202e", "/", "\\", "\x00", " ", "é", "É", "e\u0301", "ß"])
names = st.lists(st.one_of(odd, st.text(max_size=6), st.just("n" * 250)), min_size=1, max_size=4).map("".join)


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        ("...mp4", "clip"),
        ("..mp4", "clip"),
        ("..", "clip"),
        ("con.mp4", "_con"),
        ("LPT1.final.mp4", "_LPT1.final"),
        ("holiday. .mp4", "holiday"),
        ("a:b?.mp4", "a_b_"),
        ("\x1b[31mred\n.mp4", "_[31mred_"),
        ("holiday 2026.mp4", "holiday 2026"),
        ("Ünïcode 😀.mp4", "Ünïcode 😀"),
    ],
)
def test_a_clip_called_dot_dot_or_con_writes_below_the_folder(clip: str, expected: str) -> None:
    assert result_names([PurePath(clip)]) == [expected]


def test_clips_with_one_stem_do_not_overwrite_each_other() -> None:
    clips = [Path("a/x.mp4"), Path("b/x.mov"), Path("c/x.mp4"), Path("d/x.mp4")]
    assert result_names(clips) == ["x", "x.mov", "x.mp4", "x.mp4-2"]


def test_clips_that_differ_in_case_only_have_two_results_on_every_file_system() -> None:
    assert result_names([Path("A.mp4"), Path("a.mp4"), Path("e\u0301.mp4"), Path("É.mov")]) == [
        "A",
        "a.mp4",
        "é",
        "É.mov",
    ]


def test_a_very_long_name_is_cut_between_characters() -> None:
    (name,) = result_names([PurePath("ä" * 300 + ".mp4")])
    assert name == "ä" * (MAX_NAME_BYTES // 2)


@given(st.lists(names, min_size=1, max_size=6))
def test_whatever_clips_are_called_their_results_are_safe_and_differ(clips: list[str]) -> None:
    chosen = result_names([PurePath(name) for name in clips])
    assert len({name.casefold() for name in chosen}) == len(clips)
    for name in chosen:
        assert (Path("/out") / name).resolve().parent == Path("/out")
        assert 0 < len(name.encode()) <= 255
        assert name == printable(name)
        assert not set(name) & set('/\\:*?"<>|')
        assert name[0] not in ". "
        assert name[-1] not in ". "
        assert name.split(".")[0].strip().lower() not in RESERVED


def test_escape_codes_and_what_turns_text_around_are_not_shown_and_emoji_are() -> None:
    assert printable("\x1b]0;x\x07\u202eemit\udcff") == "\ufffd]0;x\ufffd\ufffdemit\ufffd"
    assert printable("👩\u200d💻 é") == "👩\u200d💻 é"
