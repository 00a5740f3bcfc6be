# Targets: api, worker (CPU), worker-gpu (Whisper on a GPU), server (Prefect's own).
#   docker build --target worker -t reelwright-worker .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /srv/reelwright
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
# The dependencies' layer is made anew only when these two files change.
COPY pyproject.toml constraints.txt ./
ARG EXTRAS=observability
RUN python -c "import sys, tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print(*p['dependencies'], *(d for e in sys.argv[1:] for d in p['optional-dependencies'][e]), sep='\n')" \
    ${EXTRAS} > /tmp/requirements.txt \
    && pip install -c constraints.txt -r /tmp/requirements.txt
COPY . .
# Editable: prefect.yaml and the working directory of runs are found beside the packages.
RUN pip install --no-deps -e . && python -m compileall -q reels flows blocks api deployments

FROM build AS build-server
RUN pip install -c constraints.txt -r deployments/docker/server.txt

FROM build AS build-gpu
# PyTorch's wheels bring CUDA along: of the host only the driver is needed.
ARG TORCH=torch==2.13.0
RUN pip install -c constraints.txt "${TORCH}" \
    && pip install -c constraints.txt 'openai-whisper==20250625'

FROM ${PYTHON_IMAGE} AS runtime
# What a run leaves behind has to be reaped by process 1. Its release follows the base image's.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 reelwright \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/reelwright reelwright \
    && install -d -o 10001 -g 10001 -m 0700 \
        /var/lib/reelwright /var/lib/reelwright/data /var/lib/reelwright/cache /run/reelwright
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/var/lib/reelwright \
    XDG_CACHE_HOME=/var/lib/reelwright/cache \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DO_NOT_TRACK=1 \
    PREFECT_HOME=/var/lib/reelwright/prefect \
    PREFECT_LOGGING_SETTINGS_PATH=/srv/reelwright/deployments/logging.yml \
    PREFECT_LOGGING_ROOT_HANDLERS=lines \
    PREFECT_LOGGING_LOGGERS_UVICORN_HANDLERS=lines \
    PREFECT_LOGGING_LOGGERS_FASTAPI_HANDLERS=lines \
    PREFECT_LOGGING_COLORS=false \
    PREFECT_CLI_PROMPT=false \
    PREFECT_SERVER_EPHEMERAL_ENABLED=false \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    VIDEO_SERVICE_LOG_FORMAT=json \
    VIDEO_SERVICE_DATA_DIR=/var/lib/reelwright/data
WORKDIR /srv/reelwright
USER 10001:10001
ENTRYPOINT ["/usr/bin/tini", "--"]

FROM runtime AS server
COPY --from=build-server /opt/venv /opt/venv
COPY --from=build-server /srv/reelwright /srv/reelwright
# The UI is copied with its own address filled in, which Prefect would do beside its code.
ENV PREFECT_SERVER_UI_STATIC_DIRECTORY=/var/lib/reelwright/ui
EXPOSE 4200
HEALTHCHECK --interval=10s --timeout=6s --start-period=120s --retries=3 \
    CMD ["python", "-S", "-c", "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 4200, timeout=5); c.request('GET', '/api/health'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "prefect", "server", "start", "--no-services", "--host", "0.0.0.0", "--port", "4200"]

FROM runtime AS api
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/reelwright /srv/reelwright
ENV VIDEO_SERVICE_HOST=0.0.0.0 VIDEO_SERVICE_PORT=8100
EXPOSE 8100
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 \
    CMD ["python", "-S", "-c", "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8100, timeout=5); c.request('GET', '/health'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "deployments.serve_api"]

FROM runtime AS worker
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/reelwright /srv/reelwright
ENV PREFECT_WORKER_WEBSERVER_HOST=0.0.0.0 PREFECT_WORKER_WEBSERVER_PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=6s --start-period=180s --retries=3 \
    CMD ["python", "-S", "-c", "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8080, timeout=5); c.request('GET', '/health'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "deployments.host", "pipeline"]

FROM worker AS worker-gpu
COPY --from=build-gpu /opt/venv /opt/venv
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility,video \
    VIDEO_SERVICE_WORDS_PROVIDER=whisper,dtw
CMD ["python", "-m", "deployments.host", "gpu"]
