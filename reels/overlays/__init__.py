"""What lies over a video: films such as dust, a logo, a title card."""

from reels.overlays.film import FilmPainter
from reels.overlays.logo import logo_patch
from reels.overlays.shipped import builtin
from reels.overlays.title import TitlePainter

__all__ = ["FilmPainter", "TitlePainter", "builtin", "logo_patch"]
