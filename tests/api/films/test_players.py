"""Real players in a real browser play what the live API serves."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.films.browser import Browser, Tab, chromium
from tests.api.films.conftest import Playable
from tests.api.films.packages import CUES, SECONDS

pytestmark = pytest.mark.slow

#: Where `make` puts it.
SHAKA = Path(sys.executable).parent.parent / "shaka"
VIDEO = "document.getElementById('video')"
CAPTIONS = "document.getElementById('captions').textContent"
MENU_ITEM = (
    "[...document.querySelectorAll('#{menu} [role=menuitemradio]')]"
    ".find(item => item.textContent === {text!r})"
)
SHAKA_PAGE = """<!doctype html><video id="video" muted></video>
<script src="shaka-player.compiled.js"></script>
<script>
const video = document.getElementById("video");
const errors = [];
const player = new shaka.Player();
player.addEventListener("error", (event) => errors.push(event.detail.code));
window.begin = async (url) => {
  await player.attach(video);
  await player.load(url);
  await video.play();
};
</script>"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def tab(browser: Browser) -> AsyncIterator[Tab]:
    async with browser.tab() as tab:
        await tab.resize(1280, 800)
        yield tab


@pytest.fixture
def shaka_url(tmp_path: Path) -> Iterator[str]:
    """A page with shaka-player, from another origin than the API's."""
    script = SHAKA / "shaka-player.compiled.js"
    if not script.exists():
        if os.environ.get("CI"):
            pytest.fail("there is no shaka-player; scripts/install-shaka brings it")
        pytest.skip("there is no shaka-player in .venv/shaka")
    (tmp_path / script.name).symlink_to(script)
    (tmp_path / "index.html").write_text(SHAKA_PAGE)
    with _files(tmp_path) as url:
        yield url


async def test_our_page_plays_seeks_switches_and_shows_subtitles_and_pictures(
    playable: Playable, tab: Tab
) -> None:
    await tab.goto(playable.told["watch_url"])
    await _loads_and_plays(tab)
    await _shows_subtitles(tab)
    await _switches_sizes(tab)
    await _shows_pictures(tab)
    await _obeys_keys(tab)
    await _plays_to_the_end(tab)

    assert tab.said == [], "what the browser complained of"
    hosts = {urlsplit(url).netloc for url in tab.asked if url.startswith("http")}
    assert hosts == {urlsplit(playable.api.url).netloc}


async def _loads_and_plays(tab: Tab) -> None:
    await tab.until(f"{VIDEO}.readyState >= 1 && {VIDEO}.poster.includes('poster.jpg')")
    assert await tab.run(f"{VIDEO}.paused")
    assert abs(await tab.run(f"{VIDEO}.duration") - SECONDS) < 0.1
    await tab.click("#big")
    await tab.until(f"{VIDEO}.currentTime > 0.5 && {VIDEO}.videoHeight > 0")


async def _shows_subtitles(tab: Tab) -> None:
    """The first language at once; the other one, and none, when chosen."""
    await _go_to(tab, 3.4)
    await tab.until(f"{CAPTIONS} === {CUES['ru']!r}")
    await _choose(tab, "subtitles", "English")
    await tab.run(f"{VIDEO}.pause()")
    await _go_to(tab, 3.5)
    await tab.until(f"{CAPTIONS} === {CUES['en']!r}")
    await _choose(tab, "subtitles", "Off")
    await tab.until(f"{CAPTIONS} === ''")
    await tab.run(f"{VIDEO}.play()")


async def _switches_sizes(tab: Tab) -> None:
    for name, height in (("234p", 416), ("432p", 768)):
        await _choose(tab, "quality", name)
        await _go_to(tab, 7.0 if height == 416 else 1.0)
        await tab.until(f"{VIDEO}.videoHeight === {height} && !{VIDEO}.seeking")
        assert await tab.run("document.getElementById('quality-name').textContent") == name
    await _choose(tab, "quality", "Auto")


async def _shows_pictures(tab: Tab) -> None:
    """Over the bar: the part of the sheet that belongs there."""
    box = await tab.run(
        "(() => {const b = document.getElementById('seek').getBoundingClientRect();"
        "return [b.left, b.top + b.height / 2, b.width]})()"
    )
    await tab.point(box[0] + box[2] * 5 / SECONDS, box[1])
    await tab.until("!document.getElementById('preview').hidden")
    style = await tab.run(
        "(() => {const s = document.getElementById('picture').style;"
        "return [s.width, s.height, s.backgroundPosition, s.backgroundImage]})()"
    )
    assert style[:3] == ["90px", "160px", "-180px 0px"]
    assert "/hls/thumbnails.jpg?" in style[3]
    assert await tab.run("document.getElementById('preview-time').textContent") in ("0:04", "0:05")
    await tab.point(box[0], 20)
    await tab.until("document.getElementById('preview').hidden")


async def _obeys_keys(tab: Tab) -> None:
    """Also where other letters are on the keys."""
    await tab.run("document.activeElement.blur()")
    await tab.press(" ", "Space")
    await tab.until(f"{VIDEO}.paused")
    await _go_to(tab, 1)
    await tab.press("ArrowRight")
    await tab.until(f"Math.abs({VIDEO}.currentTime - 6) < 0.1")
    await tab.press("5", "Digit5")
    await tab.until(f"Math.abs({VIDEO}.currentTime - {SECONDS / 2}) < 0.1")
    await tab.press("ь", "KeyM")
    await tab.until(f"{VIDEO}.muted")
    await tab.press("c")
    await tab.until("document.getElementById('subtitles').classList.contains('on')")
    await tab.press("k")
    await tab.until(f"!{VIDEO}.paused")


async def _plays_to_the_end(tab: Tab) -> None:
    await _go_to(tab, SECONDS - 0.7)
    await tab.until(f"{VIDEO}.ended")


@pytest.mark.parametrize("size", [(360, 640), (740, 360)], ids=["upright", "on its side"])
async def test_a_phone_shows_the_page_in_russian_with_every_button_in_reach(
    playable: Playable, tab: Tab, size: tuple[int, int]
) -> None:
    await tab.resize(*size, phone=True)
    await tab.speak("ru-RU,ru")
    await tab.goto(playable.told["watch_url"])
    await tab.until(f"{VIDEO}.readyState >= 1")
    assert await tab.run("document.documentElement.lang") == "ru"
    assert await tab.run("document.getElementById('play').ariaLabel") == "Смотреть"
    assert await tab.run("document.documentElement.scrollWidth <= innerWidth")
    outside = await tab.run(
        "[...document.querySelectorAll('.row > button, .menu > button')]"
        ".map(each => each.getBoundingClientRect())"
        ".filter(box => box.width < 44 || !document.elementFromPoint(box.x + 22, box.y + 22)"
        "?.closest('button')).length"
    )
    assert outside == 0, "buttons that a finger does not reach"
    assert tab.said == []


async def test_the_page_waits_for_a_film_that_is_being_made_and_then_plays_it(
    early: Playable, tab: Tab
) -> None:
    await tab.goto(early.told["watch_url"])
    await tab.until("document.getElementById('notice-text').textContent.includes('prepared')")
    early.finish()
    await tab.until(f"{VIDEO}.readyState >= 1 && document.getElementById('notice').hidden")


async def test_shaka_plays_seeks_switches_and_shows_subtitles_from_another_origin(
    playable: Playable, tab: Tab, shaka_url: str
) -> None:
    await tab.goto(f"{shaka_url}/index.html")
    await tab.run(f"begin({playable.told['playlist_url']!r})")
    await tab.until("video.currentTime > 0.5 && video.videoHeight > 0")
    assert abs(await tab.run("video.duration") - SECONDS) < 0.1
    heights = "player.getVariantTracks().map(track => track.height)"
    assert sorted(set(await tab.run(heights))) == [416, 640, 768]
    assert sorted(await tab.run("player.getTextTracks().map(t => t.language)")) == ["en", "ru"]

    # Chosen early: shaka fetches no text that is chosen once all else has been fetched.
    await tab.run("player.selectTextTrack(player.getTextTracks().find(t => t.language === 'ru'))")
    await tab.run("player.configure({abr: {enabled: false}})")
    await _switch(tab, 416)

    # The text may take longer to come than its cue is shown: back to it as often as need be.
    shown = (
        "((video.currentTime < 3 || video.currentTime > 4.8) && !video.seeking"
        " && (video.currentTime = 3.1)),"
        " [...video.textTracks].flatMap(track => [...(track.activeCues ?? [])])"
        f".some(cue => cue.text === {CUES['ru']!r})"
    )
    await tab.until(shown)
    await tab.run(f"video.currentTime = {SECONDS - 0.7}; void video.play()")
    await tab.until("video.ended")
    assert await tab.run("errors") == []


async def _switch(tab: Tab, height: int) -> None:
    """Have shaka play another level. When all of the old one has been fetched it may stay with
    it, and it does nothing when it is told the same again: so it is sent over a third level."""
    for at_s, levels in (
        (7, (height,)),
        (1, (640, height)),
        (7, (640, height)),
        (1, (640, height)),
    ):
        for level in levels:
            await tab.run(
                "player.selectVariantTrack(player.getVariantTracks()"
                f".find(track => track.height === {level}), true)"
            )
            await tab.until(f"player.getVariantTracks().find(t => t.active)?.height === {level}")
        await tab.run(f"video.currentTime = {at_s}; void video.play()")
        try:
            await tab.until(f"video.videoHeight === {height} && !video.seeking", 8)
        except AssertionError:
            continue
        return
    raise AssertionError(f"shaka never showed {height}")


async def _go_to(tab: Tab, seconds: float) -> None:
    await tab.run(f"{VIDEO}.currentTime = {seconds}")
    await tab.until(f"!{VIDEO}.seeking && Math.abs({VIDEO}.currentTime - {seconds}) < 4")


async def _choose(tab: Tab, menu: str, text: str) -> None:
    await tab.run("document.getElementById('stage').dispatchEvent(new Event('pointermove'))")
    await tab.click(f"#{menu}")
    item = MENU_ITEM.format(menu=f"{menu}-menu", text=text)
    if text == "Auto":
        item = f"document.querySelector('#{menu}-menu').firstElementChild"
    await tab.until(f"!document.getElementById('{menu}-menu').hidden")
    await tab.run(f"{item}.click()")


@contextmanager
def _files(folder: Path) -> Iterator[str]:
    """A folder over HTTP, on an origin of its own."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
