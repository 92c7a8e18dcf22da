import json
import zlib
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cer.errors import CerError
from cer.fusion.decision import decision
from cer.labels import MODALITIES
from cer.results import link as links
from cer.results.analysis import Analysis
from cer.results.link import from_link, same_rules, to_link
from cer.results.wording import verdict


def changed(link: str, **head: object) -> str:
    """The same link with other entries in its head."""
    written, body = links._unpacked(link).split(b"\0", 1)
    content = json.dumps({**json.loads(written), **head}).encode() + b"\0" + body
    return links._letters(zlib.compress(content))


def test_a_link_says_what_the_result_says(analysis: Analysis) -> None:
    read = from_link(to_link(analysis))
    assert verdict(read) == verdict(analysis)
    assert read.segments == list(analysis.segments)
    assert [each.in_view for each in read.people] == [each.in_view for each in analysis.people]
    for name in MODALITIES:
        assert (read.predictions[name].present == analysis.predictions[name].present).all()
    for numbers in ("fused", "compound", "weights", "ppa", "pfsa"):
        np.testing.assert_allclose(getattr(read, numbers), getattr(analysis, numbers), atol=0.01)
    np.testing.assert_allclose(read.timeline.mean(0), analysis.timeline.mean(0), atol=0.01)
    assert [s.state for s in read.statements] == [s.state for s in analysis.statements]


def test_a_link_of_ten_seconds_fits_a_message_and_holds_no_word_name_or_face(analysis: Analysis) -> None:
    assert analysis.transcript
    assert analysis.people
    link = to_link(analysis)
    assert len(link) < 1500
    read, content = from_link(link), links._unpacked(link)
    assert not read.transcript
    assert not any(person.thumbnail.size for person in read.people)
    assert not len(read.boxes)
    assert analysis.clip.name.encode() not in content
    words = {word for sentence in analysis.transcript for word in sentence.text.split() if len(word) > 3}
    assert len(words) > 5
    assert not any(word.encode() in content for word in words)


def test_a_link_says_who_is_meant_of_several_people(analysis: Analysis) -> None:
    first = analysis.people[0]
    several = replace(analysis, people=(first, replace(first, id=first.id + 1, in_view=((1.0, 2.0),))))
    read = from_link(to_link(several))
    assert [(person.id, person.in_view) for person in read.people] == [
        (first.id, first.in_view),
        (first.id + 1, ((1.0, 2.0),)),
    ]
    assert verdict(read) == verdict(several)
    assert verdict(read).startswith("Person ")


def test_what_is_absent_stays_absent_with_its_reason(analysis: Analysis) -> None:
    silent = analysis.predictions["audio"]
    count = len(silent)
    silent = replace(
        silent,
        probabilities=np.full((count, 8), np.nan, np.float32),
        present=np.zeros(count, bool),
        reasons=("no speech",) * count,
        embedding=None,
    )
    read = from_link(to_link(replace(analysis, predictions={**analysis.predictions, "audio": silent})))
    assert read.mean_prediction("audio") == (None, "no speech")


def test_nobody_puts_words_into_the_page_by_a_link(analysis: Analysis) -> None:
    call = "Call +1 555 now"
    link = changed(to_link(analysis), reasons=[call] * 6, warnings=[call], speakers=[call] * len(analysis.segments))
    with pytest.raises(CerError):
        from_link(link)
    read = from_link(changed(to_link(analysis), reasons=[call] * 6, warnings=[call, "no face"]))
    assert list(read.warnings) == ["no face"]
    assert call not in str(read)


@pytest.mark.parametrize(
    "head",
    [
        {"end": 0},
        {"end": 1e9},
        {"end": "x"},
        {"duration": float("nan")},
        {"duration": float("inf")},
        {"person": float("inf")},
        {"end": 3.0},
        {"version": 1},
        {"sources": [9] * 6},
        {"sources": [0]},
        {"people": [[1, [[5, 2]]]]},
        {"people": 3},
    ],
)
def test_a_link_that_was_changed_is_refused(analysis: Analysis, head: dict[str, object]) -> None:
    with pytest.raises(CerError, match="incomplete or was changed"):
        from_link(changed(to_link(analysis), **head))


def test_a_link_of_lists_in_lists_is_refused() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000 + b"\0"
    with pytest.raises(CerError, match="incomplete or was changed"):
        from_link(links._letters(zlib.compress(deep, 9)))


def test_a_share_above_one_is_refused(analysis: Analysis) -> None:
    written, body = links._unpacked(to_link(analysis)).split(b"\0", 1)
    for place in range(len(body) - 200, len(body), 20):
        forged = written + b"\0" + body[:place] + b"\xff" + body[place + 1 :]
        with suppress(CerError):
            read = from_link(links._letters(zlib.compress(forged, 9)))
            assert read.outcome.quality.max() <= 1
            assert np.nanmax(read.pfsa) <= 1
    values = links._levels(np.full((2, 3), 1.5))
    with pytest.raises(ValueError, match="certain"):
        links._Bytes(values).levels((2, 3))


def test_a_link_that_unpacks_to_more_than_any_result_is_refused() -> None:
    bomb = links._letters(zlib.compress(bytes(20_000_000), 9))
    assert len(bomb) < links.MAX_LINK
    with pytest.raises(CerError):
        from_link(bomb)
    with pytest.raises(CerError):
        from_link("A" * (links.MAX_LINK + 1))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300), cut=st.integers(0, 2000), body=st.binary(max_size=200))
def test_whatever_stands_in_an_address_is_a_result_or_refused(
    analysis: Analysis, text: str, cut: int, body: bytes
) -> None:
    link = to_link(analysis)
    forged = links._letters(zlib.compress(body))
    for attempt in (text, link[:cut], link[:cut] + text, forged):
        if attempt != link:
            with pytest.raises(CerError):
                from_link(attempt)


def test_other_rules_of_fusion_are_noticed(analysis: Analysis) -> None:
    link = to_link(analysis)
    assert same_rules(link)
    assert decision().checkpoint.sha256
    assert not same_rules(changed(link, rules="0" * 16))
