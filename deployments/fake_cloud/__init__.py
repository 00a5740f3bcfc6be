"""Services that speak the vendors' wire formats on loopback: for tests, and to try things.

`python -m deployments.fake_cloud` serves them; `make up FAKE_CLOUD=1` uses them for a stack.
Nothing here is an imitation of our own code: the vendors' SDKs talk to it over HTTP.
"""
