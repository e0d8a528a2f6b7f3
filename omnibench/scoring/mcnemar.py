"""Two arms' right and wrong answers to the same independent questions."""

from __future__ import annotations

from math import comb, sqrt


def mid_p(better: int, worse: int) -> float:
    """McNemar's mid-p: P(a split more uneven than this) + half of P(one as uneven), if it is fair.

    The exact test is conservative, the asymptotic one liberal (Fagerland, Lydersen and Laake 2013,
    BMC Medical Research Methodology 13:91).
    """
    if better == worse == 0:
        return 1.0
    flips, fewer = better + worse, min(better, worse)
    ways = 1  # of `flips` flips, to have k the one way
    below = 0
    for k in range(fewer):
        below += ways
        ways = ways * (flips - k) // (k + 1)
    sides = 1 if better == worse else 2
    return (4 * below + sides * comb(flips, fewer)) / (1 << (flips + 1))


def difference(better: int, worse: int, rows: int) -> tuple[float, float]:
    """(centre, standard error) of the adjusted Wald interval for the paired difference.

    One flip more each way, so that no flips are not taken for certainty (Bonett and Price 2012,
    Journal of Educational and Behavioral Statistics 37(4)).
    """
    adjusted = rows + 2
    up, down = (better + 1) / adjusted, (worse + 1) / adjusted
    return up - down, sqrt((up + down - (up - down) ** 2) / adjusted)
