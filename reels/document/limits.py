"""How much a timeline file may hold. More is a mistake, or a program gone wrong."""

MAX_FILE_BYTES = 16_000_000
MAX_PATH_CHARS = 4096
#: As long as a cue's or a word's time may be.
MAX_VIDEO_S = 7200
MAX_FRAMES = MAX_VIDEO_S * 60
MAX_SHOTS = 1000
MAX_CUES = 5000
MAX_LINES = 1000
MAX_EFFECTS = 1000
#: A timeline draws three at most; one place is kept for the built-in one.
MAX_FILMS = 2
