"""All checks of one tally."""

import numpy as np

from onewarm.audit.data_checks.look import look
from onewarm.audit.engines import run, tally_part
from onewarm.tables.plan import plan


def test_findings_name_classes_and_do_not_depend_on_the_file(models, save):
    p, y = models.good(np.random.default_rng(0), 2000, 3)
    z = np.log(p)[:, [1, 2, 0]]
    reading = plan([str(save(logits=z.astype(np.float32), label=y))])
    (found,) = look(reading, run(reading))
    assert found.key == "permuted classes" and "if 0 stands for 1, 1 stands for 2, 2 stands for 0." in found.sentence


def test_the_first_rows_and_the_sample_do_not_depend_on_the_split(models, save, monkeypatch):
    p, y, _ = models.patients(np.random.default_rng(0))
    reading = plan([str(save(p=p, label=y))])
    whole = look(reading, run(reading))
    monkeypatch.setattr("onewarm.tables.plan.BATCH_NUMBERS", 1000)
    assert look(reading, tally_part(reading, 0, 0)) == whole and whole[0].key == "runs"


def test_a_tally_without_rows_has_no_findings(save):
    from onewarm.audit.tally import Tally

    reading = plan([str(save(p=np.full((2, 2), 0.5), label=np.array([0, 1])))])
    assert look(reading, Tally(reading)) == ()
