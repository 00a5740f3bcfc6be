"""What scenes show that nobody said it of: media of a folder, or stock, in place of slides."""

from __future__ import annotations

from collections.abc import Collection

from reels.models import Scene, Storyboard, Visual

_STOCK = ("stock_clip", "stock_picture")
#: The libraries search by a few words, and take no more than 100 characters.
_QUERY_WORDS, _QUERY_CHARS = 8, 100


def shown_as_asked(
    storyboard: Storyboard, folder: str, visuals: Collection[str], *, by_user: bool
) -> Storyboard:
    """The storyboard with its slides replaced by what the job wants shown.

    With a `folder` they become media of that folder, as long as `visuals` allows. Otherwise,
    when `visuals` names kinds and slides are not among them, they become stock media that are
    searched for by the scene's words: not every storyboarder chooses. Of a user's own
    storyboard only slides that nothing is said of are replaced, and by a folder's media only.
    """
    if folder and (not visuals or "library" in visuals):
        replacement = Visual(kind="library", spec={"folder": folder})
        scenes = [
            scene.model_copy(update={"visual": replacement}) if _is_free(scene, by_user) else scene
            for scene in storyboard.scenes
        ]
        return storyboard.model_copy(update={"scenes": tuple(scenes)})
    kinds = [kind for kind in _STOCK if kind in visuals]
    if by_user or not kinds or "slide" in visuals:
        return storyboard
    scenes = [
        _searched(scene, kinds[number % len(kinds)]) if _is_free(scene, by_user) else scene
        for number, scene in enumerate(storyboard.scenes)
    ]
    return storyboard.model_copy(update={"scenes": tuple(scenes)})


def _is_free(scene: Scene, by_user: bool) -> bool:
    return scene.visual == Visual() if by_user else scene.visual.kind == "slide"


def _searched(scene: Scene, kind: str) -> Scene:
    words = (scene.on_screen_text or scene.narration).split()[:_QUERY_WORDS]
    query = " ".join(words)[:_QUERY_CHARS].strip(" ,;:.!?…—–-")
    return scene.model_copy(update={"visual": Visual(kind=kind, spec={"query": query})})
