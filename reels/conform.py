"""The ffmpeg filters that bring a clip into the shape and the colours of the video."""

from __future__ import annotations

from fractions import Fraction

from reels.footage import Look
from reels.models import Fit

#: The same on every processor; without it, SIMD versions of the scaler differ in a bit.
_SCALE = "flags=bicubic+accurate_rnd+bitexact"
_TO_BT709 = "out_color_matrix=bt709:out_range=tv:out_chroma_loc=left"
#: ITU-R BT.2408 puts white at 203 cd/m²; what is brighter is bent to fit above it.
_WHITE_NITS = 203
_HDR = ("smpte2084", "arib-std-b67")
_WIDE = ("bt2020", "smpte431", "smpte432")
#: The blurred copy looks as `reels.pictures` draws it: how soft, how light. It is made
#: this wide and enlarged, which looks the same.
_BLUR_SIGMA_PX, _BLUR_LIGHT, _BLUR_WORK_PX = 5.4, 0.55, 180
_MATRICES = ("gbr", "bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc", "bt2020c")
#: Where players change from BT.601 to BT.709 when a file does not say.
_SD_WIDTH, _SD_HEIGHT = 1279, 576


def graph(look: Look, size_px: tuple[int, int], fit: Fit) -> str:
    """Filters from the clip's own pictures to frames of `size_px`, yuv420p, BT.709 limited."""
    # Straight alpha must go before scaling, or invisible pixels bleed into the edges.
    flat = "premultiply=inplace=1," if look.has_alpha else ""
    inner_px = _whole(look, size_px)
    if fit == "cover" or inner_px == size_px:
        return f"{flat}{_middle(look, size_px)},{_scaled(look, size_px)}"
    return f"{flat}{_scaled(look, inner_px)},{_over_blur(inner_px, size_px)}"


def _middle(look: Look, size_px: tuple[int, int]) -> str:
    """Cut the middle out in the frame's shape; first, so that no more is scaled than seen."""
    shape = float(Fraction(*size_px) / look.pixel_aspect)
    # In terms of the picture at hand: streams may change their size on the way.
    return f"crop=w='min(iw,ih*{shape:.9f})':h='min(ih,iw/{shape:.9f})'"


def _whole(look: Look, size_px: tuple[int, int]) -> tuple[int, int]:
    """The size of the whole picture inside the frame, even."""
    wide, high = look.size_px[0] * look.pixel_aspect, Fraction(look.size_px[1])
    scale = min(size_px[0] / wide, size_px[1] / high)
    return _even(wide * scale, size_px[0]), _even(high * scale, size_px[1])


def _even(length: Fraction, most: int) -> int:
    return min(most, max(2, 2 * round(length / 2)))


def _scaled(look: Look, size_px: tuple[int, int]) -> str:
    """Scale, and bring the colours to BT.709: by `zscale` where that takes more than range.

    The scaler's own conversion takes four times as long and darkens by a level.
    """
    scale = f"scale={size_px[0]}:{size_px[1]}:{_SCALE}"
    if look.transfer in _HDR:
        return f"{scale},{_tone_mapped(look)},format=yuv420p"
    if look.primaries in _WIDE:
        return f"{scale},{_narrowed(look)},format=yuv420p"
    matrix = _matrix(look)
    if matrix == "gbr":
        return f"{scale}:{_TO_BT709},format=yuv420p"
    if matrix == "bt709":
        return f"{scale}:in_color_matrix=bt709:{_TO_BT709},format=yuv420p"
    named = f"setparams=colorspace={matrix}"
    return f"{scale},format=yuv420p,{named},zscale=m=bt709:r=tv,format=yuv420p"


def _matrix(look: Look) -> str:
    """The matrix of the clip; where it names none, as players guess it."""
    if look.matrix in _MATRICES:
        return look.matrix
    is_sd = max(look.size_px) <= _SD_WIDTH and min(look.size_px) <= _SD_HEIGHT
    return "smpte170m" if is_sd else "bt709"


def _tone_mapped(look: Look) -> str:
    return _named(look, color_primaries="bt2020", colorspace="bt2020nc") + (
        f"zscale=t=linear:npl={_WHITE_NITS},format=gbrpf32le,zscale=p=bt709,"
        "tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv"
    )


def _narrowed(look: Look) -> str:
    named = _named(look, color_primaries="bt2020", colorspace="bt709")
    return f"{named}setparams=color_trc=bt709,zscale=p=bt709:t=bt709:m=bt709:r=tv"


def _named(look: Look, *, color_primaries: str, colorspace: str) -> str:
    """A filter that names what the clip leaves open; `zscale` must know."""
    names = [
        *((f"color_primaries={color_primaries}",) if look.primaries == "unknown" else ()),
        *((f"colorspace={colorspace}",) if look.matrix == "unknown" else ()),
    ]
    return f"setparams={':'.join(names)}," if names else ""


def _over_blur(inner_px: tuple[int, int], size_px: tuple[int, int]) -> str:
    (width, height), (inner_width, inner_height) = size_px, inner_px
    small_height = _even(Fraction(_BLUR_WORK_PX * height, width), 4 * _BLUR_WORK_PX)
    crop = f"crop=w='min(iw,ih*{width / height:.9f})':h='min(ih,iw*{height / width:.9f})'"
    dark = [f"({{0}}-{black})*{_BLUR_LIGHT}+{black}" for black in (16, 128)]
    y, c = (part.format("val") for part in dark)
    x_px, y_px = (width - inner_width) // 4 * 2, (height - inner_height) // 4 * 2
    return (
        f"split[front][back];[back]{crop},scale={_BLUR_WORK_PX}:{small_height}:{_SCALE},"
        f"gblur=sigma={_BLUR_SIGMA_PX}:steps=3,lutyuv=y='{y}':u='{c}':v='{c}',"
        f"scale={width}:{height}:{_SCALE}[ground];"
        f"[ground][front]overlay=x={x_px}:y={y_px}:format=yuv420,format=yuv420p"
    )


def transparent_graph(look: Look, size_px: tuple[int, int]) -> str:
    """Filters to frames of `size_px` that cover, yuva420p, laid over black where transparent."""
    width, height = size_px
    flat = "format=yuva444p,premultiply=inplace=1"
    scale = f"scale={width}:{height}:{_SCALE}:{_TO_BT709},format=yuva420p"
    return f"{flat},{_middle(look, size_px)},{scale}"
