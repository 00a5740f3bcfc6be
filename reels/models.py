"""What the whole house speaks of: scenes, words, cues, requests and references.

All models are frozen and refuse unknown fields. Times are seconds from the start of
the thing that holds them (`_s`), sizes are pixels (`_px`) or bytes (`_bytes`).
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reels.addresses import MAX_ADDRESS_CHARS
from reels.errors import InvalidInput
from reels.keys import FOLDER_PATTERN, check_folder
from reels.reserved import reserved_in

FPS = 30
MAX_IDEA_CHARS = 2_000
MAX_TEXT_CHARS = 20_000
MAX_SCENES = 60
MAX_NARRATION_CHARS = 600

Aspect = Literal["9:16", "16:9", "1:1"]
Motion = Literal[
    "none",
    "zoom_in",
    "zoom_out",
    "push_in",
    "push_out",
    "pan_left",
    "pan_right",
    "pan_up",
    "pan_down",
]
#: How one shot becomes the next.
Transition = Literal["cut", "crossfade", "slide", "fade_black"]
#: How a picture of another shape fills the frame: cropped, or whole over a blurred copy.
Fit = Literal["cover", "blur"]
CaptionStyle = Literal["karaoke", "box", "pop", "plain", "none"]
#: What lies over the whole video.
Overlay = Literal["none", "dust"]
#: What is heard where a scene starts.
Effect = Literal["none", "whoosh", "click"]
Gate = Literal["draft", "subtitles"]
Music = Literal["bed", "none"]
#: Whose word times are used: the voice's own where it has them, or always an aligner's.
WordSource = Literal["voice", "align"]

SIZES_PX: dict[Aspect, tuple[int, int]] = {
    "9:16": (1080, 1920),
    "16:9": (1920, 1080),
    "1:1": (1080, 1080),
}


def _clean(value: Any) -> Any:
    """Text is NFC, and control and bidirectional-override characters are dropped."""
    if not isinstance(value, str):
        return value
    kept = (c for c in unicodedata.normalize("NFC", value) if c in "\n\t" or _is_visible(c))
    return "".join(kept).strip()


def _is_visible(char: str) -> bool:
    category = unicodedata.category(char)
    # Zero-width joiners shape emoji and Indic scripts; all other format characters go.
    return char in "‌‍" or category not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _speakable(text: str) -> str:
    if not any(char.isalnum() for char in text):
        raise ValueError("there is nothing to speak: no letter and no digit")
    return text


def _folder(path: str) -> str:
    """The keys' own rule: letters and digits of ASCII and `_.@-`, so nothing that climbs,
    hides or reads in two ways."""
    try:
        return check_folder(path) if path else path
    except InvalidInput as error:
        raise ValueError(str(error)) from None


def _cleaned(most_chars: int) -> BeforeValidator:
    """Cleans text that is not too long as it is; what it becomes must not be, either."""

    def clean(value: Any) -> Any:
        if isinstance(value, str) and len(value) > most_chars:
            raise PydanticCustomError(
                "string_too_long",
                "String should have at most {max_length} characters",
                {"max_length": most_chars},
            )
        return _clean(value)

    return BeforeValidator(clean)


#: People's text. Constraints stand before the validators, so that they are those of a string
#: and say "characters".
Text = Annotated[str, BeforeValidator(_clean)]
Title = Annotated[str, Field(min_length=1, max_length=120), _cleaned(120)]
Phrase = Annotated[str, Field(max_length=200), _cleaned(200)]
Caption = Annotated[str, Field(min_length=1, max_length=300), _cleaned(300)]
Comment = Annotated[str, Field(max_length=2_000), _cleaned(2_000)]
#: Text that can be spoken.
Narration = Annotated[
    str,
    Field(max_length=MAX_NARRATION_CHARS),
    AfterValidator(_speakable),
    _cleaned(MAX_NARRATION_CHARS),
]
Idea = Annotated[
    str,
    Field(max_length=MAX_IDEA_CHARS),
    AfterValidator(_speakable),
    _cleaned(MAX_IDEA_CHARS),
]
SourceText = Annotated[
    str,
    Field(max_length=MAX_TEXT_CHARS),
    AfterValidator(_speakable),
    _cleaned(MAX_TEXT_CHARS),
]
Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
#: A voice of whatever provider speaks: an id or a name; empty is the default.
VoiceName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+.-]*$")]
#: The name of an entry of `reels.visuals`.
KindName = Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]
#: The most that a job's calls to paid services may cost, in US dollars.
BudgetUsd = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
#: A folder of media: its path below the user's own prefix. Empty is none.
Folder = Annotated[
    str,
    Field(max_length=200, json_schema_extra={"pattern": f"^$|{FOLDER_PATTERN}"}),
    AfterValidator(_folder),
]
LanguageTag = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
#: Where changes of jobs are posted: http or https, on a public web server.
WebhookAddress = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_ADDRESS_CHARS,
        description="http or https address on a public web server, on port 80 or 443",
        examples=["https://hooks.example.org/reelwright"],
    ),
]


class Model(BaseModel):
    """Frozen, strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _plain(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    # Whoever has written it, a storyboard goes into parameters of runs again.
    if key := reserved_in(value):
        raise ValueError(f"the key {key} is reserved")
    return value


class Visual(Model):
    """What a scene shows. `kind` is an entry of `reels.visuals`, `spec` is that kind's own."""

    kind: str = Field(default="slide", pattern=r"^[a-z_]{1,32}$")
    spec: Annotated[dict[str, JsonValue], AfterValidator(_plain)] = Field(default_factory=dict)


class Scene(Model):
    """One line of speech with what is shown while it is spoken; `voice` is empty for the job's.

    The scene lasts as long as its line, and at least `hold_s` seconds.
    """

    narration: Narration
    on_screen_text: Phrase = ""
    visual: Visual = Visual()
    motion: Motion = "zoom_in"
    voice: VoiceName = ""
    hold_s: float = Field(default=0.0, ge=0, le=60, allow_inf_nan=False)


class Storyboard(Model):
    """A video before anything is made: its title, its language, its scenes in order."""

    title: Title
    language: LanguageTag = "en"
    scenes: tuple[Scene, ...] = Field(min_length=1, max_length=MAX_SCENES)


class Word(Model):
    """One spoken word; times count from the start of its line (or of the video, in a cue)."""

    text: str = Field(min_length=1)
    start_s: float = Field(ge=0, le=7200, allow_inf_nan=False)
    end_s: float = Field(ge=0, le=7200, allow_inf_nan=False)


class Cue(Model):
    """One caption. `words` may be empty: then the text is shown without word timing."""

    start_s: float = Field(ge=0, le=7200, allow_inf_nan=False)
    end_s: float = Field(gt=0, le=7200, allow_inf_nan=False)
    text: Caption
    words: tuple[Word, ...] = Field(default=(), max_length=300)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end_s <= self.start_s:
            raise ValueError("end_s must be after start_s")
        starts = [word.start_s for word in self.words]
        if starts != sorted(starts):
            raise ValueError("words must be in order")
        return self


class CaptionLook(Model):
    """How captions look. Sizes are shares of the usual ones, colours are `#RRGGBB`.

    `platform` says whose buttons and names the captions keep clear of; `any` is safe on all.
    """

    font: Literal["sans", "display", "mono"] = "sans"
    size: float = Field(default=1.0, ge=0.5, le=2.0, allow_inf_nan=False)
    colour: Colour = "#FFFFFF"
    active_colour: Colour = "#FFD41F"
    outline_colour: Colour = "#000000"
    outline: float = Field(default=1.0, ge=0.0, le=2.0, allow_inf_nan=False)
    position: Literal["bottom", "middle", "top"] = "bottom"
    platform: Literal["any", "tiktok", "reels", "shorts", "none"] = "any"
    uppercase: bool = False


class ArtifactRef(Model):
    """A typed reference to stored content: small enough to be a task's result."""

    key: str = Field(min_length=1, max_length=1024)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)
    media_type: str


class SpeechRef(Model):
    """A spoken line in the store. `words` is None when the voice gives no word times."""

    audio: ArtifactRef
    duration_s: float = Field(gt=0)
    provider: str
    words: tuple[Word, ...] | None = None


class Credit(Model):
    """Whose a picture or clip is that was not made for the video, and where it comes from.

    `author` and `page_url` may be empty: the service did not say. `licence` is a short note.
    """

    provider: str = Field(max_length=32)
    author: Annotated[Text, Field(max_length=200)] = ""
    page_url: str = Field(default="", max_length=500, pattern=r"^(https?://[!-~]+)?$")
    licence: str = Field(default="", max_length=200)


class Build(Model):
    """A picture on the way to a scene's last one; it appears when `text` is spoken of."""

    picture: ArtifactRef
    text: str = ""


class VisualRef(Model):
    """A scene's picture in the store, or clip by its media type.

    `builds` are all pictures of a scene that is built up, in order, the last being `picture`.
    `degraded` says why it is only a placeholder; `credit` whose it is, if it is another's.
    """

    picture: ArtifactRef
    provider: str
    builds: tuple[Build, ...] = ()
    degraded: str | None = None
    credit: Credit | None = None


class Loudness(Model):
    """Measured after the fact by EBU R128.

    `shortfall` says why a sound is quieter than was wanted: there is nothing to hear, or its
    peaks leave no room.
    """

    integrated_lufs: float
    true_peak_dbtp: float
    range_lu: float = 0.0
    shortfall: Literal["silent", "peaks"] | None = None


class VideoRequest(Model):
    """What a user asks for: exactly one of `idea`, `text`, `storyboard`, and how."""

    idea: Idea | None = None
    text: SourceText | None = None
    storyboard: Storyboard | None = None
    language: LanguageTag = "en"
    style: Phrase = ""
    tone: Phrase = ""
    duration_s: int | None = Field(default=None, ge=5, le=600)
    aspect: Aspect = "9:16"
    voice: VoiceName = ""
    music: Music = "bed"
    captions: CaptionStyle = "karaoke"
    caption_look: CaptionLook = CaptionLook()
    transition: Transition = "crossfade"
    fit: Fit = "cover"
    overlay: Overlay = "none"
    effects: Effect = "none"
    title_card: bool = False
    builds: bool = True
    words: WordSource = "voice"
    auto_approve: bool | tuple[Gate, ...] = False
    hls: bool = Field(default=False, description="package the finished video as HLS, too")
    budget_usd: BudgetUsd | None = None
    background_folder: Folder = ""
    visuals: tuple[KindName, ...] = Field(default=(), max_length=16)
    webhook_url: WebhookAddress | None = Field(
        default=None, description="where each change of this job is posted, signed"
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = [n for n in ("idea", "text", "storyboard") if getattr(self, n) is not None]
        if len(given) != 1:
            got = "none" if not given else " and ".join(given)
            raise ValueError(f"give exactly one of idea, text, storyboard (got {got})")
        return self

    def waits_at(self, gate: Gate) -> bool:
        """Whether a person is to decide at `gate`."""
        if isinstance(self.auto_approve, bool):
            return not self.auto_approve
        return gate not in self.auto_approve

    @property
    def size_px(self) -> tuple[int, int]:
        return SIZES_PX[self.aspect]


def check_cues(cues: tuple[Cue, ...], duration_s: float) -> None:
    """Refuse cues that overlap, run backwards or pass the video's end.

    Raises:
        InvalidInput: naming the first offending cue as `cues.N.field`.
    """
    previous_end_s = 0.0
    for index, cue in enumerate(cues):
        if cue.start_s < previous_end_s - 1e-6:
            raise InvalidInput(
                f"cues.{index}.start_s",
                f"Cue {index} starts at {cue.start_s} s, before the one before it ends "
                f"({previous_end_s} s).",
                remedy="Cues may not overlap and must be in order.",
            )
        if cue.end_s > duration_s + 0.05:
            raise InvalidInput(
                f"cues.{index}.end_s",
                f"Cue {index} ends at {cue.end_s} s, after the video's end ({duration_s:.2f} s).",
            )
        previous_end_s = cue.end_s
