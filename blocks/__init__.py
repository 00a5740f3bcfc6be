"""The artifact store behind its seam: a directory or S3, and its Prefect blocks.

`blocks.registry` says which store is used and why.
"""
