"""The guess of the next upstream gradient: right while nothing changes, none after two wrong ones, by thread."""

import threading

from onewarm.torch.cross_entropy.upstream import _MOST, Upstream


def step(upstream: Upstream, *factors: float) -> list[float | None]:
    """A forward pass of as many losses, then the backward pass; what was expected."""
    names = [upstream.expected("mean") for _ in factors]
    for (name, _), factor in reversed(list(zip(names, factors, strict=True))):
        upstream.seen(name, factor)
    return [factor for _, factor in names]


def test_a_loss_scale_is_learned_after_one_step() -> None:
    upstream = Upstream()
    assert [step(upstream, f) for f in (65536.0, 65536.0, 65536.0, 32768.0, 32768.0)] == [
        [1.0],
        [65536.0],
        [65536.0],
        [65536.0],
        [32768.0],
    ]


def test_losses_of_a_step_have_their_own() -> None:
    upstream = Upstream()
    step(upstream, 0.9, 0.1)
    assert step(upstream, 0.9, 0.1) == [0.9, 0.1]
    assert upstream.expected("sum")[1] == 0.9  # a new one: that of the last backward pass


def test_no_guess_while_the_factor_keeps_changing() -> None:
    upstream = Upstream()
    seen = [step(upstream, f)[0] for f in (2.0, 3.0, 4.0, 5.0, 5.0, 5.0)]
    assert seen == [1.0, 2.0, None, None, None, 5.0]


def test_nan_is_never_expected_for_long() -> None:
    upstream = Upstream()
    assert [step(upstream, float("nan"))[0] is None for _ in range(4)] == [False, False, True, True]


def test_threads_do_not_disturb_each_other() -> None:
    upstream = Upstream()
    step(upstream, 7.0)
    other: list[float | None] = []
    thread = threading.Thread(target=lambda: other.extend(step(upstream, 8.0)))
    thread.start()
    thread.join()
    assert other == [1.0] and step(upstream, 7.0) == [7.0]


def test_memory_is_bounded() -> None:
    upstream = Upstream()
    for kind in range(10 * _MOST):
        name, _ = upstream.expected(kind)
        upstream.seen(name, 2.0)
    assert len(upstream._last) <= _MOST
    for _ in range(10 * _MOST):  # evaluation with gradients on, and no backward pass
        name, _ = upstream.expected("mean")
    assert name[1] < _MOST  # type: ignore[index]
