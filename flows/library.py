"""The library: pictures and clips from a folder of the user's, or else of everyone's.

A user's folder is `{media_root_prefix}/{user}/{folder}`, everyone's is
`{shared_media_prefix}/{folder}`. The prefix is put here, never taken from anybody.
"""

from __future__ import annotations

from pydantic import Field

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task
from flows.job import Job
from flows.tasks import kept
from flows.workspace import bring, workspace
from reels.artifacts import ArtifactStore
from reels.errors import ArtifactMissing, InvalidInput, RenderError
from reels.models import ArtifactRef, Model, Storyboard, VisualRef
from reels.settings import FlowSettings, StoreSettings
from reels.visuals.library import Library, LibrarySpec, suffix_of_media
from reels.visuals.picture import parse_spec

#: What the job has settled on.
SETTLED = "chosen/library.json"
#: A file is held in this process's directory while it is looked at.
MAX_BYTES = 1 << 30
_TYPES = ("image/png", "image/jpeg", "image/webp", "video/")


class LibraryChoices(Model):
    """Which file each scene shows, by its number; for those that got none, why."""

    storyboard: str
    files: dict[int, ArtifactRef] = Field(default_factory=dict)
    failed: dict[int, str] = Field(default_factory=dict)


@cached_task(kind="library", version="1", task_run_name="take {file.key}")
def take_file(file: ArtifactRef) -> VisualRef:
    """A file of a library, looked at, and kept as it was when it was chosen."""
    with workspace() as work:
        try:
            brought = bring(load_store(), file, work)
        except ArtifactMissing:
            # Its user's doing, and no reason to lose the video.
            raise RenderError(f"The file {_name(file)!r} was deleted meanwhile.") from None
        try:
            suffix = suffix_of_media(brought, work)
        except RenderError as error:
            error.message = error.message.replace(brought.name, _name(file))
            raise
        return VisualRef(picture=kept(brought, artifact_key(suffix)), provider=Library.kind)


def background_folder(job: Job, settings: FlowSettings) -> str:
    """The folder whose media the job's scenes show, or nothing."""
    return job.request.background_folder or settings.default_background_folder


def choose_files(
    job: Job, storyboard: Storyboard, key: str, settings: FlowSettings
) -> LibraryChoices:
    """Which file each scene of the kind `library` shows: in turn by name, none twice.

    What a scene names is its own; the others share what is left.

    Raises:
        StoreError: the store does not answer.
    """
    wanted = {
        number: parse_spec(LibrarySpec, scene.visual.spec)
        for number, scene in enumerate(storyboard.scenes, 1)
        if scene.visual.kind == Library.kind
    }
    if not wanted:
        return LibraryChoices(storyboard=key)
    settled = job.load(SETTLED, LibraryChoices)
    if settled is not None and settled.storyboard == key:
        return settled
    usual = background_folder(job, settings)
    folders = {number: spec.folder or usual for number, spec in wanted.items()}
    held = {folder: media_in(job.store, job.user, folder) for folder in set(folders.values())}
    choices = _assigned(key, wanted, folders, held)
    job.save(SETTLED, choices)
    return choices


def media_in(store: ArtifactStore, user: str, folder: str) -> tuple[ArtifactRef, ...]:
    """The pictures and clips in a folder, by name: the user's, or everyone's if there is none."""
    if not folder:
        return ()
    settings = StoreSettings()
    for home in (f"{settings.media_root_prefix}/{user}", settings.shared_media_prefix):
        try:
            prefix = f"{home}/{folder}/"
            listed = store.list(prefix)
        except InvalidInput:
            continue
        found = tuple(ref for ref in listed if _is_shown(ref, prefix))
        if found:
            return found
    return ()


def _is_shown(ref: ArtifactRef, prefix: str) -> bool:
    inside = ref.key.startswith(prefix) and "/" not in ref.key.removeprefix(prefix)
    return inside and ref.media_type.startswith(_TYPES) and 0 < ref.size_bytes <= MAX_BYTES


def _assigned(
    key: str,
    wanted: dict[int, LibrarySpec],
    folders: dict[int, str],
    held: dict[str, tuple[ArtifactRef, ...]],
) -> LibraryChoices:
    files: dict[int, ArtifactRef] = {}
    failed: dict[int, str] = {}
    for number, spec in wanted.items():
        named = [ref for ref in held[folders[number]] if _name(ref) == spec.name]
        if named:
            files[number] = named[0]
        elif spec.name:
            failed[number] = f"The folder {folders[number]!r} holds no {spec.name!r}."
    taken = {ref.sha256 for ref in files.values()}
    for number, spec in wanted.items():
        if spec.name:
            continue
        folder = folders[number]
        ref = next((ref for ref in held[folder] if ref.sha256 not in taken), None)
        if ref is None:
            failed[number] = _none_left(folder, len(held[folder]))
        else:
            taken.add(ref.sha256)
            files[number] = ref
    return LibraryChoices(storyboard=key, files=files, failed=failed)


def _none_left(folder: str, count: int) -> str:
    if not folder:
        return "No folder is named to take media from."
    if not count:
        return f"The folder {folder!r} holds no pictures or clips."
    return f"The folder {folder!r} holds only {count} that differ, and all are shown already."


def _name(ref: ArtifactRef) -> str:
    return ref.key.rpartition("/")[2]
