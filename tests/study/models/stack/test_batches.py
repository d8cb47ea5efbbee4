import numpy as np

from onewarm.study.models.stack.batches import Batches


def test_an_epoch_has_each_row_once_but_a_last_smaller_batch():
    take = Batches([3, 5], rows=70, batch=20)
    epoch = np.concatenate([take(step) for step in range(take.in_epoch)], 1)
    assert take.in_epoch == 3 and epoch.shape == (2, 60)
    assert all(len(set(rows)) == 60 and rows.min() >= 0 and rows.max() < 70 for rows in epoch)
    assert (epoch[0] != epoch[1]).any() and (take(0) != take(3)).any()


def test_a_step_has_the_same_rows_whoever_asks_and_whenever():
    every, alone = Batches([0, 1, 2], 50, 10), Batches([2], 50, 10)
    rows = [every(step)[2] for step in range(12)]
    assert all((alone(step)[0] == rows[step]).all() for step in (11, 3, 7))
    assert (every.mixing(2, 4, 0.3)[1] == alone.mixing(2, 4, 0.3)[1]).all()


def test_partners_do_not_depend_on_the_arm_and_shares_are_of_its_distribution():
    take = Batches([0], 200, 50)
    shares = np.array([take.mixing(0, step, 0.5)[0] for step in range(2000)])
    assert abs(shares.mean() - 0.5) < 0.03 and abs(shares.var() - 1 / 8) < 0.01  # Beta(b, b): 1 / (4 (2 b + 1))
    assert (take.mixing(0, 9, 0.5)[1] == take.mixing(0, 9, 2.0)[1]).all()
    assert sorted(take.mixing(0, 9, 0.5)[1]) == list(range(50))


def test_fewer_rows_than_a_batch():
    take = Batches([0], rows=7, batch=100)
    assert take.in_epoch == 1 and sorted(take(5)[0]) == list(range(7))
