# Everything runs in .venv, which is set up once and again when its pins change.
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?=
# Whisper takes whatever PyTorch is there: TORCH="..." names another build of it to install.
TORCH ?= torch==2.13.0
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt

# Handed over as they were typed: a $ in an idea is no variable of make's.
export DEMO_IDEA := $(value IDEA)
export DEMO_TEXT := $(value TEXT)
export DEMO_SPOKEN := $(value SPOKEN)

.DEFAULT_GOAL := help
.PHONY: help demo examples up test test-scale test-faults fuzz record lint bench bench-flow bench-api bench-render bench-encoders bench-hls bench-scenario bench-load clean distclean

help:
	@echo "make demo        an idea becomes a video: out/demo/final.mp4 (IDEA=\"...\" TEXT=file SPOKEN=ru)"
	@echo "make examples    every kind of picture in every theme and shape: out/examples"
	@echo "make up          the whole stack until Ctrl-C; prints its addresses (FAKE_CLOUD=1: paid services on loopback)"
	@echo "make test        all tests, the fast ones first"
	@echo "make test-scale  the Compose file's services on this machine; some are killed, and all jobs end (JOBS=n)"
	@echo "make test-faults  kill, stop and starve a stack at work: what is survived (SEED=n MINUTES=m: at random)"
	@echo "make fuzz        half an hour of hostile requests to the API (FUZZ_S=seconds)"
	@echo "make record      ask the services, with your keys and for some cents, what tests replay (ONLY=gemini)"
	@echo "make lint        ruff and a strict mypy"
	@echo "make bench       all measurements, into out/bench"
	@echo "make bench-flow  how fast flow runs start, and what a video's orchestration costs"
	@echo "make bench-api   what the API answers in, with 10,000 jobs behind it"
	@echo "make bench-render  what rendering costs, beside x264 alone, MoviePy and zoompan"
	@echo "make bench-encoders  what the encoders' presets cost, and how they look"
	@echo "make bench-hls   what packaging for players costs, beside x264 alone and by copy"
	@echo "make bench-scenario  what a scenario's task costs beside its service's own work"
	@echo "make bench-load  a burst of jobs, jobs a minute, and what it costs that a thousand wait"
	@echo "make clean       removes what was made; distclean also .venv"

demo: $(VENV)/.installed
	@$(PY) -m deployments.demo

examples: $(VENV)/.installed
	@$(PY) -m deployments.examples

up: $(VENV)/.installed
	@$(PY) -m deployments.up $(if $(FAKE_CLOUD),--fake-cloud)

bench: bench-flow bench-api bench-render bench-encoders bench-hls bench-scenario

bench-flow: $(VENV)/.installed
	@$(PY) -m deployments.bench_flow

bench-api: $(VENV)/.installed
	@$(PY) -m deployments.bench_api $(BENCH_ARGS)

bench-render: $(VENV)/.installed $(VENV)/.installed-moviepy
	@$(PY) -m deployments.bench_render $(BENCH_ARGS)

bench-encoders: $(VENV)/.installed
	@$(PY) -m deployments.bench_encoders

bench-hls: $(VENV)/.installed
	@$(PY) -m deployments.bench_hls $(BENCH_ARGS)

bench-scenario: $(VENV)/.installed
	@$(PY) -m deployments.bench_scenario $(BENCH_ARGS)

bench-load: $(VENV)/.installed-dev
	@$(PY) -m deployments.bench_load $(BENCH_ARGS)

test: $(VENV)/.installed-dev $(VENV)/.installed-client $(VENV)/.installed-shaka
	scripts/run-tests $(PY) -q -m "not slow" -n auto --dist worksteal
	scripts/run-tests $(PY) -q -m slow -n 2 --dist loadfile --no-loadscope-reorder --durations 25

test-scale: $(VENV)/.installed-dev
	@scripts/install-test-packages postgresql redis-server
	@$(PY) -m deployments.scale $(if $(JOBS),--jobs $(JOBS))

test-faults: $(VENV)/.installed-dev
	@$(PY) -m tests.faults $(if $(ONLY),--only "$(ONLY)") \
	    $(if $(SEED),--seed $(SEED) --minutes $(or $(MINUTES),10))

fuzz: $(VENV)/.installed-dev
	FUZZ_S=$(or $(FUZZ_S),1800) FUZZ_EXAMPLES=300 $(PY) -m pytest -q --timeout 0 tests/api/document/test_fuzz.py

record: $(VENV)/.installed-dev
	@$(PY) -m pytest -q tests/contract/test_services.py --record $(if $(ONLY),-k "$(ONLY)")

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

clean:
	rm -rf out .reelwright .schemathesis .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

distclean: clean
	rm -rf $(VENV)

$(VENV)/.installed: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing the pinned packages into $(VENV) ..."
	@$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing the pinned packages and the tools of development into $(VENV) ..."
	@$(PIP_INSTALL) $(TORCH)
	@$(PIP_INSTALL) -e '.[dev]'
	@touch $(VENV)/.installed $@

# No release of MoviePy takes the Pillow that the renderer needs, so it lives apart.
$(VENV)/.installed-moviepy: $(VENV)/.made deployments/bench_render/moviepy.txt
	@echo "Installing MoviePy into $(VENV)/moviepy, to compare with ..."
	@$(PY) -m venv --clear $(VENV)/moviepy
	@$(VENV)/moviepy/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	    -r deployments/bench_render/moviepy.txt
	@touch $@

# The generator of clients wants another release of what Prefect needs too.
$(VENV)/.installed-client: $(VENV)/.made tests/api/document/client.txt
	@echo "Installing the generator of API clients into $(VENV)/client ..."
	@$(PY) -m venv --clear $(VENV)/client
	@$(VENV)/client/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	    -r tests/api/document/client.txt
	@touch $@

# Without npm its tests are skipped, except in CI.
$(VENV)/.installed-shaka: $(VENV)/.made tests/api/films/shaka.txt scripts/install-shaka
	@if command -v npm >/dev/null; then \
	    echo "Installing a player to test with into $(VENV)/shaka ..."; \
	    scripts/install-shaka && touch $@; \
	elif [ -n "$$CI" ]; then scripts/install-shaka; \
	else echo "There is no npm: the tests with shaka-player are skipped."; fi

$(VENV)/.made:
	@set -e; found=""; \
	for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3 python; do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	    then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "error: Python 3.11 or newer is needed, and none was found on PATH." >&2; \
	    echo "Install it, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; \
	    exit 1; \
	fi; \
	if [ ! -x $(PY) ] || ! $(PY) -m pip --version >/dev/null 2>&1; then \
	    echo "Making $(VENV) with $$found ..."; \
	    if ! "$$found" -m venv --clear $(VENV); then \
	        echo "error: $$found cannot make a virtual environment: its venv or ensurepip is" >&2; \
	        echo "missing. Distributions ship it apart, as python3-venv on Debian." >&2; \
	        rm -rf $(VENV); exit 1; \
	    fi; \
	fi
	@touch $@
