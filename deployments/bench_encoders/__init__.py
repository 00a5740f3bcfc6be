"""`make bench-encoders`: what presets and qualities of the encoders cost, and how they look.

Finished frames of three kinds, captions and all, are encoded as segments are, and held
against the originals. Writes out/bench/encoders.json. docs/encoders.md has the rule by
which the default is chosen.

Measured are, besides CPU time and size: VMAF (`vmaf_v0.6.1`), as a mean and for the worst
hundredth of the frames, and CAMBI, which sees the bands in soft gradients that VMAF does
not; those of 5 and more annoy. What counts is the kind of frames that fares worst.
"""
