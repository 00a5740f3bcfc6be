"""The routes, by what they are about."""

from __future__ import annotations

from api.routes import (
    artifacts,
    events,
    films,
    health,
    hls,
    ideas,
    media,
    metrics,
    reviews,
    scenario_templates,
    scenarios,
    slideshows,
    sockets,
    tasks,
    text_to_video,
    uploads,
    videos,
    voices,
    watch,
    webhooks,
)

#: In the order of the API's document.
ROUTERS = tuple(
    routes.router
    for routes in (
        videos,
        events,
        sockets,
        text_to_video,
        slideshows,
        films,
        hls,
        watch,
        scenario_templates,
        scenarios,
        tasks,
        ideas,
        reviews,
        uploads,
        media,
        artifacts,
        voices,
        webhooks,
        health,
        metrics,
    )
)
