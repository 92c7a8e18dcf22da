import numpy as np

from cer.perception.synthesizers import PERSON
from cer.train.synthesizers import Excerpts, plain, right, together


def test_what_no_voice_reads_is_removed() -> None:
    assert plain("Hei %(name)s, <b>lue</b> https://a.b/c {x} tämä! 😀 @me") == "Hei , lue tämä!"


def test_languages_that_differ_are_told_apart_and_what_was_kept_apart_is_not_trained_on() -> None:
    rng = np.random.default_rng(0)
    tones = {name: rng.normal(size=1024) for name in ("fi", "hu", PERSON)}

    def excerpts_of(name: str, groups: list[str]) -> Excerpts:
        spread = rng.normal(size=(len(groups), 1024))
        # What was kept apart sounds like the other language: trained on, it would be named.
        tone = [tones["hu" if name == "fi" and group.startswith("apart") else name] for group in groups]
        return Excerpts((spread + tone).astype(np.float32), [{"et": 0.5}] * len(groups), np.array(groups))

    read = {name: excerpts_of(name, ["plain"] * 20 + ["apart, plain"] * 5) for name in ("fi", "hu")}
    person = excerpts_of(PERSON, ["nemo", "emovo"] * 10)
    layer = together(read, person)
    assert right(layer, read["fi"], read["fi"].groups == "plain", "fi").all()
    assert not right(layer, read["fi"], read["fi"].apart, "fi").any()
    assert not right(None, read["fi"], read["fi"].groups == "plain", "fi").any()
    assert not np.array_equal(together(read, person, without="nemo").weights, layer.weights)
