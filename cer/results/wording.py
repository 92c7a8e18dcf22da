"""Wording: what an Analysis says in a sentence, and how times are written. Every phrase is in `cer/words`."""

import re
from collections.abc import Sequence

import numpy as np

from cer.fusion.open_set import COMPOUND, NEUTRAL, UNCLEAR, Statement
from cer.labels import EMOTIONS
from cer.perception.speaking import OFF_SCREEN
from cer.results.analysis import Analysis, Person, mean_of_known
from cer.results.witnesses import Witness, witnesses
from cer.words import say, texts_of

CERTAINTIES = ("guess", "likely", "clear")
# Confidence in a statement from which it is called likely, and clear. Of statements about film stills, which no network
# was trained on, 0.41 are right below 0.8 and 0.78 from there on (0.73 where the decision was fitted without them),
# none reaches 0.95; of those about FER+ faces 0.65, 0.97 and 0.99 (`python -m eval calibration`).
LIKELY, CLEAR = 0.8, 0.95
EDGE = 0.5  # seconds; a stretch that leaves out less at both ends of a clip is the whole clip
EQUAL = 0.05  # of a probability: a moment that is stronger by less is not called the strongest
OUT_OF_VIEW = 1.0  # seconds; a person who is in view later, or not as long, was not in view before, or after


def clock(seconds: float) -> str:
    """Seconds as a player shows them: 0:04, 12:30, 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def emotion_word(name: str) -> str:
    """A basic emotion in the language of the page."""
    return str(texts_of("emotions")[name])


def compound_word(name: str) -> str:
    """A compound expression in the language of the page."""
    return str(texts_of("compounds")[name])


def modality_word(name: str) -> str:
    """A modality, or the fusion, in the language of the page."""
    return str(texts_of("modalities").get(name, name))


def reason_word(reason: str) -> str:
    """Why something is absent, in the language of the page; in English where the translation lacks it."""
    return str(texts_of("reasons").get(reason, reason))


def description_words(description: str) -> str:
    """What `scene_context` wrote of a segment, in the language of the page, phrase by phrase; a caption that some other
    model wrote stays as it is.
    """
    phrases: dict[str, str] = texts_of("descriptions")
    longest_first = re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))))
    if longest_first.sub("", description).strip(" ,."):
        return description
    return longest_first.sub(lambda phrase: phrases[phrase[0]], description)


def person_choice(person: Person) -> str:
    """How a person is offered to be chosen: by number, screen time, and whether it is a picture of somebody."""
    fills = {"id": person.id, "seconds": person.seconds_visible}
    return say("clip.picture_choice", **fills) if person.still else say("clip.person_choice", **fills)


def source_word(source: str) -> str:
    """A source of evidence in the language of the page."""
    return say(f"sources.{source.replace(' ', '_')}")


def certainty(confidence: float) -> str:
    """Which of CERTAINTIES a confidence is called."""
    return CERTAINTIES[int(confidence >= LIKELY) + int(confidence >= CLEAR)]


def stated(statement: Statement) -> str:
    """A statement in a few words: "neutral", "happiness", "anger and sadness (60/40)", "not enough evidence"."""
    if statement.state == UNCLEAR:
        return say("verdict.unclear")
    words = [emotion_word(name) for name, _ in statement.emotions]
    if statement.state == COMPOUND:
        shares = [round(10 * salience) * 10 for _, salience in statement.emotions]
        return say("verdict.blend", first=words[0], second=words[1], shares=f"{shares[0]}/{shares[1]}")
    return words[0]


def with_certainty(statement: Statement) -> str:
    """A statement and how sure it is: "Probably happiness"."""
    if statement.state == UNCLEAR:
        return stated(statement)
    return say("verdict.lead", certainty=say(f"certainty.{certainty(statement.confidence)}"), stated=stated(statement))


def verdict(analysis: Analysis) -> str:
    """One sentence: whose expression where several people are in view, what, how sure, when it is strongest, which
    sources say so and which do not, and what was missing.
    """
    says = _of_one(analysis)
    if len(analysis.people) < 2 or analysis.person is None:
        return says
    return say("verdict.of", person=say("report.person", id=analysis.person), says=says)


def _of_one(analysis: Analysis) -> str:
    statement = analysis.statement
    if statement.state == UNCLEAR:
        causes = dict.fromkeys(reason_word(reason) for reason in _causes(analysis))
        return say("verdict.nothing", causes="; ".join(causes)) if np.isnan(analysis.fused).all() else _unsure(analysis)
    lead = with_certainty(statement) + _alternative(analysis, statement)
    if statement.state != NEUTRAL:
        start, end = _strongest(analysis, [EMOTIONS.index(name) for name, _ in statement.emotions])
        if start >= EDGE or analysis.segments[-1].end - end >= EDGE:
            lead += say("verdict.when", start=clock(start), end=clock(end))
    return f"{lead}; {_support(analysis, statement)}." + _warned(analysis)


def _alternative(analysis: Analysis, statement: Statement) -> str:
    """What a guess must not hide: an emotion that it does not name and that is stronger than what it names."""
    if analysis.basic is None or certainty(statement.confidence) != CERTAINTIES[0]:
        return ""
    strongest = EMOTIONS[int(analysis.basic.argmax())]
    if strongest == "Other" or strongest in {name for name, _ in statement.emotions}:
        return ""
    return say("verdict.alternative", emotion=emotion_word(strongest))


def _unsure(analysis: Analysis) -> str:
    says = ", ".join(_says(witness) for witness in witnesses(analysis))
    return say("verdict.unsure", says=says) + _warned(analysis)


def _says(witness: Witness) -> str:
    """What a source says: an emotion, one of two that are as good as equal, or nothing clear."""
    source = source_word(witness.source)
    if not witness.clear:
        return say("verdict.vague", source=source)
    words = [emotion_word(name) for name in witness.emotions]
    emotion = say("verdict.or", first=words[0], second=words[1]) if len(words) > 1 else words[0]
    return say("verdict.says", source=source, emotion=emotion)


def _support(analysis: Analysis, statement: Statement) -> str:
    """Which sources say what is stated, what others say, and which say nothing clear."""
    names = {name for name, _ in statement.emotions}
    present = witnesses(analysis)
    agreeing = [witness for witness in present if witness.emotion in names]
    agreeing = [witness for witness in agreeing if witness.clear] or agreeing
    if len({witness.emotion for witness in agreeing}) > 1:  # each part of a blend has its own witness
        agreeing = []
    others = [witness for witness in present if not any(witness is each for each in agreeing)]
    parts = []
    if agreeing:
        sources = [source_word(witness.source) for witness in agreeing]
        key = "verdict.only" if len(present) == 1 else "verdict.agree" if len(agreeing) > 1 else "verdict.agrees"
        parts.append(say(key, sources=_listed(sources)))
    parts += [_says(witness) for witness in others]
    spoken = [speaker for speaker in analysis.speakers if speaker is not None]
    if spoken and spoken.count(OFF_SCREEN) > len(spoken) / 2:
        parts.append(say("verdict.off_screen"))
    return ", ".join(parts)


def _warned(analysis: Analysis) -> str:
    return "".join(" " + say("verdict.warning", warning=reason_word(warning)) for warning in analysis.warnings)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else say("verdict.list", first=", ".join(words[:-1]), last=words[-1])


def _strongest(analysis: Analysis, emotions: Sequence[int]) -> tuple[float, float]:
    """The stretch of segments around the strongest one in which the emotions together stay above half way between
    their mean and their peak, or as good as equal to it, among those that state one of them; where the person is in
    view for a part of it, that part.
    """
    names = {EMOTIONS[index] for index in emotions}
    stating = np.array([not names.isdisjoint(name for name, _ in each.emotions) for each in analysis.statements])
    values = np.nan_to_num(analysis.fused[:, emotions].sum(1)) * (stating if stating.any() else 1)
    first = last = int(values.argmax())
    level = min((values.mean() + values.max()) / 2, values.max() - EQUAL)
    while first > 0 and values[first - 1] >= level:
        first -= 1
    while last + 1 < len(values) and values[last + 1] >= level:
        last += 1
    start, end = analysis.segments[first].start, analysis.segments[last].end
    stretches = analysis.subject.in_view if analysis.subject is not None else ()
    inside = [(a, b) for a, b in stretches if a < end and b > start]
    if inside and inside[0][0] - start > OUT_OF_VIEW:
        start = inside[0][0]
    if inside and end - inside[-1][1] > OUT_OF_VIEW:
        end = inside[-1][1]
    return start, end


def _causes(analysis: Analysis) -> list[str]:
    """Why each modality is absent, every reason once."""
    return list(
        dict.fromkeys(reason for prediction in analysis.predictions.values() for reason in prediction.reasons if reason)
    )


def own_labels_line(analysis: Analysis) -> str:
    """What the user's own labels say of the clip, the strongest three; "" without any."""
    mean = mean_of_known(analysis.own) if analysis.own_labels else None
    if mean is None:
        return ""
    ranked = sorted(zip(mean, analysis.own_labels, strict=True), reverse=True)[:3]
    return say("result.own", labels=", ".join(f"{label} {share:.0%}" for share, label in ranked))
