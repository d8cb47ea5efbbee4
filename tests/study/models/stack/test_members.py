import math

import torch

from onewarm.study.models.stack.members import Member, Members
from onewarm.study.models.stack.network import initial
from onewarm.study.models.stopping import Patience

WIDTHS = [5, 32, 32, 3]


def new(job, decay):
    return Member.new(job, decay, Patience(3), initial([job], WIDTHS))


def gradients(job, step):
    generator = torch.Generator().manual_seed(100 * job + step)
    return [torch.randn(p.shape, generator=generator) for p in initial([job], WIDTHS)]


def advance(members, steps):
    for _ in range(steps):
        for g, parts in zip(
            members.stack.gradients, zip(*(gradients(m.job, m.step) for m in members.now), strict=True), strict=True
        ):
            g.copy_(torch.stack(parts))
        members.update()


def alone(job, decay, steps, rate):
    """The same by torch.optim.AdamW."""
    parameters = [p.clone().requires_grad_() for p in initial([job], WIDTHS)]
    groups = [{"params": parameters[:3], "weight_decay": decay}, {"params": parameters[3:], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    for step in range(steps):
        for p, g in zip(parameters, gradients(job, step), strict=True):
            p.grad = g
        optimizer.step()
    return [p.detach() for p in parameters]


def test_each_member_is_trained_by_adamw_whoever_comes_and_goes():
    members = Members(3, learning_rate=0.01)
    members.enter([new(0, 0.0), new(1, 2.0), new(2, 0.5)])
    advance(members, 4)
    (out,) = members.leave([1])
    assert out.job == 1 and out.step == 4 and [m.job for m in members.now] == [0, 2]
    rest = Members(3, learning_rate=0.01)  # it goes on beside others
    rest.enter([out])
    advance(rest, 5)
    advance(members, 5)
    members.enter(rest.leave([0]))
    advance(members, 2)
    for member in members.leave([0, 1, 2]):
        assert member.step == 11
        for got, truth in zip(member.parameters, alone(member.job, member.weight_decay, 11, 0.01), strict=True):
            torch.testing.assert_close(got, truth, rtol=1e-5, atol=1e-6)
    assert not members.now


def test_leaving_and_coming_back_changes_no_bit():
    stayed, moved = Members(3, 0.01), Members(3, 0.01)
    for members in (stayed, moved):
        members.enter([new(0, 1.0), new(1, 0.0)])
        advance(members, 3)
    moved.enter(moved.leave([0]))
    for members in (stayed, moved):
        advance(members, 3)
    for a, b in zip(stayed.leave([0])[0].tensors, moved.leave([1])[0].tensors, strict=True):
        assert torch.equal(a, b)


def test_the_best_is_kept():
    members = Members(3, 0.01)
    members.enter([new(0, 0.0), new(1, 0.0)])
    advance(members, 2)
    members.keep_best([1])
    then = [p[1].clone() for p in members.stack.parameters]
    advance(members, 2)
    first, second = members.leave([0, 1])
    assert all(torch.equal(a, b) for a, b in zip(first.best, initial([0], WIDTHS), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(second.best, then, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(second.parameters, then, strict=True))
    assert math.isinf(second.rule.best)
