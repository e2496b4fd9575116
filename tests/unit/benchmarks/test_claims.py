from tests.benchmarks import claims
from tests.benchmarks.claims import Measured


def test_each_figure_has_its_name_value_and_target():
    slow = [0.020] * 10
    measured = Measured(10_000, [0.002] * 90 + slow, [0.002] * 100, [0.001] * 100, [2, 3, 2], 0.5)
    found = {row.name: row for row in claims.figures_of(measured)}
    assert tuple(found) == claims.NAMES
    assert (found["claim_p95_ms_10k"].value, found["claim_p95_ms_10k"].meets_target) == (20.0, False)
    assert found["claim_slowdown_10k"].value == 1.0
    assert (found["single_upload_job_lengths"].value, found["single_upload_job_lengths"].meets_target) == (
        3,
        True,
    )
