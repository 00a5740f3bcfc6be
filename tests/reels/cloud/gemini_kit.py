"""What Gemini's service sends, for tests that plan what it sends next."""

from __future__ import annotations

import base64
import json
from typing import Any

from deployments.fake_cloud.state import Fault

KEY = "planted-AIzaSy0123456789abcdefghijklmnopqrs"
USAGE = {"promptTokenCount": 11, "candidatesTokenCount": 7, "thoughtsTokenCount": 5}
_TYPE = "type.googleapis.com/google.rpc."
RETRY_INFO = {"@type": f"{_TYPE}RetryInfo", "retryDelay": "3.5s"}


def error(
    code: int,
    status: str,
    *details: dict[str, Any],
    message: str = "the service's own words",
    headers: dict[str, str] | None = None,
) -> Fault:
    """An error in the envelope that all of Google's services use."""
    told = {"code": code, "message": message, "status": status, "details": [*details]}
    return Fault(status=code, headers=headers or {}, body={"error": told})


def error_info(reason: str) -> dict[str, Any]:
    return {"@type": f"{_TYPE}ErrorInfo", "reason": reason, "domain": "googleapis.com"}


def quota_failure(**violation: str) -> dict[str, Any]:
    return {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}


def ok(body: Any) -> Fault:
    """Status 200 with this JSON."""
    return Fault(status=200, body=body)


def html(status: int) -> Fault:
    return Fault(status=status, body="<html><body>Bad gateway</body></html>")


def said(*parts: dict[str, Any], finish: str = "STOP", **candidate: Any) -> Fault:
    """A reply of one candidate, with usage."""
    content = {"role": "model", "parts": [*parts]}
    found = {"content": content, "finishReason": finish, "index": 0, **candidate}
    return ok({"candidates": [found], "usageMetadata": USAGE, "responseId": "r-1"})


def said_json(value: Any) -> Fault:
    return said({"text": json.dumps(value, ensure_ascii=False)})


def inline(mime_type: str, data: bytes) -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(data).decode()}}
