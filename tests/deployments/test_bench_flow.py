from __future__ import annotations

from deployments.bench_flow import Contender, results


def test_the_ratio_compares_workers_that_ask_equally_often() -> None:
    """`ratio` is stock / warm at the same interval; the default interval is reported apart."""
    contenders = [
        Contender("warm", "client", 0.2, 3, starts_s=[0.4, 0.5, 9.0]),
        Contender("stock", None, 0.2, 3, starts_s=[2.0, 3.0, 2.5]),
        Contender("stock, default interval", None, None, 1, starts_s=[8.0]),
    ]
    written = results(contenders, total_s=60.0, orchestration_s=7.0)
    assert written["start_s_warm"] == 0.5
    assert written["start_s_stock"] == 2.5
    assert written["ratio"] == 5.0
    assert written["start_s_stock_default_interval"] == 8.0
    assert (written["demo_total_s"], written["orchestration_s"]) == (60.0, 7.0)
