import pytest

from cer.corpora.multilingual import Selection
from cer.errors import DataError


def test_a_split_names_languages_and_a_sample_or_is_refused() -> None:
    assert Selection.of("dev:eng+deu") == Selection("dev", frozenset({"eng", "deu"}), 1)
    for text in ("", "dev:eng:0", "dev:eng:x", "dev:eng:2:3"):
        with pytest.raises(DataError, match="--split"):
            Selection.of(text)
