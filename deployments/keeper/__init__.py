"""Finds runs whose process is gone, and has their work begun again without anybody's help."""
