from cer.web.progress import Progressed


def test_the_share_never_goes_back_and_the_time_left_follows_from_it() -> None:
    progress = Progressed()
    progress.started -= 30  # seconds ago
    progress.tell(0.75, "watching and listening")
    progress.tell(0.5, "static face")
    html = progress.html()
    assert "75 %, about 10 s left" in html
    assert 'value="0.750"' in html
    assert "Reading faces" in html


def test_before_the_work_has_begun_the_bar_has_no_value() -> None:
    html = Progressed().html()
    assert "value=" not in html
    assert "Starting" in html


def test_a_stage_is_text_and_never_markup() -> None:
    progress = Progressed()
    progress.tell(0.2, "<b>models</b>")
    assert "&lt;b&gt;models" in progress.html()
