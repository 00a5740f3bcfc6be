"""Reelwright's knowledge: storyboards, pictures, voices, captions, sound and the renderer.

Used alone it needs no Prefect:

    from reels.segments import encode_all, join, plan
    from reels.timeline import Media, Shot, Timeline

    parts = encode_all(plan(timeline), directory)
    join(parts, sound, directory / "video.mp4", work=directory)
"""

__version__ = "0.1.0"
