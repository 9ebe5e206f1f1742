"""`/metrics`: what this process has counted, and the state of the service, for whoever operates it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from fastapi import APIRouter, Request
from fastapi.responses import Response

from keys import KeysError
from licences.access import Operation, Proof

from .http_requests import problems
from .metrics import MEDIA_TYPE, Labels, family
from .wiring import Services

_DAY = 24 * 60 * 60


def metrics_routes(services: Services) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.get(
        "/metrics",
        summary="运行指标",
        description="Metrics in the text format of Prometheus; in a home that is open for development also without "
        "credentials, on this machine.",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **problems(401, 403, 503)},
    )
    def metrics(request: Request) -> Response:
        caller = services.authentication.caller(request, datetime.now(UTC))
        if caller.proof is not Proof.HERE:
            caller.require(Operation.OPERATE)
        lines = chain(services.metrics.lines(), _state(services, datetime.now(UTC)))
        return Response("\n".join((*lines, "")), media_type=MEDIA_TYPE)

    return router


def _state(services: Services, now: datetime) -> Iterator[str]:
    totals = services.oversight.totals()
    trail = services.trail_chain.state()
    lag = 0.0 if trail.oldest_waiting is None else max((now - trail.oldest_waiting).total_seconds(), 0.0)
    queues: dict[Labels, float] = {
        (("queue", "reviews"),): totals.reviews_waiting,
        (("queue", "cases"),): totals.cases_open,
        (("queue", "forgery_reports"),): totals.reports_open,
        (("queue", "webhooks"),): totals.webhooks_behind,
        (("queue", "issue_batches"),): services.issue_batches.waiting(),
        (("queue", "trail"),): trail.waiting,
    }
    yield from family("elicence_licences", "gauge", "licences in the store", {(): totals.licences})
    yield from family("elicence_acts_total", "counter", "acts on licences ever recorded", {(): totals.acts})
    yield from family("elicence_waiting", "gauge", "what waits, by queue", queues)
    yield from family("elicence_trail_entries", "gauge", "newest entry of the trail", {(): trail.entries})
    yield from family("elicence_trail_lag_seconds", "gauge", "age of the oldest entry not chained", {(): lag})
    days = dict(_key_days(services, now))
    yield from family("elicence_key_expiry_days", "gauge", "days until the certificate of a key expires", days)
    anchors = [_days(one.not_after, now) for one in services.trust.anchors]
    anchor: dict[Labels, float] = {(): min(anchors)} if anchors else {}
    yield from family("elicence_anchor_expiry_days", "gauge", "days until the first anchor expires", anchor)
    free = shutil.disk_usage(services.home.path).free
    yield from family("elicence_disk_free_bytes", "gauge", "free space where the home lies", {(): free})


def _key_days(services: Services, now: datetime) -> Iterator[tuple[Labels, float]]:
    for name in services.keys.register().families(now):
        try:
            signers = services.keys.signers(name)
        except KeysError:
            continue  # readiness tells of a key that cannot be used
        for role, signer in signers.items():
            yield (("key", f"{name}-{role}"),), _days(signer.certificate.not_after, now)


def _days(at: datetime, now: datetime) -> float:
    return round((at - now).total_seconds() / _DAY, 2)
