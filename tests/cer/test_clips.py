"""Which files a folder's clips are."""

from pathlib import Path

from cer.clips import Wanted, clips_of, is_done


def test_a_folder_stands_for_its_clips_in_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.WAV", ".hidden.mp4", "notes.txt", "deeper/c.mkv", ".secret/d.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    named = tmp_path / "notes.txt"  # a file that is named is tried whatever it is called
    flat = [tmp_path / "a.WAV", tmp_path / "b.mp4"]
    assert clips_of([named, tmp_path]) == [named, *flat]
    assert clips_of([tmp_path], recursive=True) == [*flat, tmp_path / "deeper" / "c.mkv"]


def test_a_folder_without_a_clip_stays_to_be_refused(tmp_path: Path) -> None:
    assert clips_of([tmp_path]) == [tmp_path]


def test_nothing_and_what_is_no_document_are_not_done(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.touch()
    assert not is_done(clip, tmp_path / "nowhere", Wanted("embedded"))
    for content in ("", "[]", "{}", '{"schema": 2}', '{"schema": 2, "people": [3]}'):
        (tmp_path / "analysis.json").write_text(content)
        assert not is_done(clip, tmp_path, Wanted("embedded"))
