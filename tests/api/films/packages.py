"""A real package, made once, and put into stores as a film's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reels.artifacts import ArtifactStore, job_prefix
from reels.hls import Captions, package, plan, source_of
from reels.hls.thumbnails import write_poster, write_thumbnails
from reels.models import Cue
from tests.reels.hls.films import film

SECONDS = 14
#: What is told from the third to the fifth second, in each language.
CUES = {"ru": "Весна пришла", "en": "Spring has come"}


@dataclass(frozen=True)
class Made:
    """A package in a directory: `names` are its variants', from the smallest on."""

    root: Path
    names: tuple[str, ...]

    def put(self, store: ArtifactStore, user: str, job: str) -> None:
        """Store it as a job's: what a master names is there before the master is."""
        paths = sorted(path for path in self.root.rglob("*") if path.is_file())
        for path in sorted(paths, key=lambda each: each.suffix == ".m3u8"):
            name = path.relative_to(self.root).as_posix()
            store.put(f"{job_prefix(user, job)}/hls/{name}", path)


def make(folder: Path) -> Made:
    """A vertical film with sound in several sizes, subtitles in two languages, and pictures."""
    source = film(folder / "film.mp4", "432x768", "25", SECONDS, filters="null")
    root, work = folder / "hls", folder / "work"
    work.mkdir()
    ladder = plan(source_of(source, work))
    captions = {
        Captions(language="ru", name="Русский"): (
            Cue(start_s=0.2, end_s=2.9, text="Первая строка\nи вторая, подлиннее"),
            Cue(start_s=3, end_s=5, text=CUES["ru"]),
            Cue(start_s=5.5, end_s=13, text="Длинная строка через границу отрезка"),
        ),
        Captions(language="en", name="English"): (
            Cue(start_s=0.2, end_s=2.9, text="The first line"),
            Cue(start_s=3, end_s=5, text=CUES["en"]),
        ),
    }
    variants = package(source, ladder, root, work, captions=captions, preset="ultrafast")
    write_thumbnails(source, ladder, root, work)
    write_poster(ladder, root, work)
    return Made(root, tuple(variant.name for variant in variants))
