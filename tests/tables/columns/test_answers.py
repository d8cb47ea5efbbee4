"""One number a row is P(y = 1) or the confidence of an answer: what the rows hold decides, and a note says so."""

import numpy as np
import pytest

from onewarm.audit.engines import run
from onewarm.calibration import metrics
from onewarm.tables.columns.choice import Choice
from onewarm.tables.plan import plan

RNG = np.random.default_rng(0)
N = 2000
CONF = RNG.uniform(0.05, 0.95, N)
RIGHT = RNG.random(N) < 0.6 * CONF
P = RNG.uniform(0.02, 0.98, N)
Y = (RNG.random(N) < P).astype(int)


@pytest.fixture
def read(tmp_path):
    def reading(choice=None, **columns):
        lines = zip(*(np.asarray(c).tolist() for c in columns.values()), strict=True)
        (tmp_path / "a.csv").write_text("\n".join([",".join(columns), *(",".join(map(str, r)) for r in lines)]) + "\n")
        return plan([str(tmp_path / "a.csv")], choice)

    return reading


def gap(reading):
    tally = run(reading)
    return metrics.mean_confidence(tally.summary), metrics.accuracy(tally.summary)


@pytest.mark.parametrize("name", ["confidence", "conf", "score", "prob_max", "max_prob", "top_prob", "probability"])
@pytest.mark.parametrize("correct", ["correct", "is_correct", "right", "hit", "acc", "exact_match"])
def test_confidence_and_correct(read, name, correct):
    """They were read as P(y = 1) and folded at .5: 72.4 % confidence and 63.6 % right, for 50.2 % and 30.1 %."""
    for right in (RIGHT * 1, RIGHT, RIGHT * 1.0):
        reading = read(**{name: CONF, correct: right})
        assert (reading.kind, reading.num_classes) == ("confidence", 1)
        assert gap(reading) == pytest.approx((CONF.mean(), RIGHT.mean()))
    assert bool(reading.notes({})) == (name in ("score", "probability"))  # said where the name does not say it


@pytest.mark.parametrize("of", [np.array(["a", "b", "c", "d"]), np.arange(4)], ids=["names", "numbers"])
def test_the_answers_of_many_classes_are_right_where_they_equal_the_label(read, of):
    label = RNG.integers(0, 4, N)
    said = np.where(RIGHT, label, (label + 1) % 4)
    reading = read(confidence=CONF, prediction=of[said], label=of[label])
    assert (reading.kind, reading.layout.answer) == ("confidence", "prediction")
    assert gap(reading) == pytest.approx((CONF.mean(), RIGHT.mean()))
    assert gap(read(top1_prob=CONF, top1=of[said], label=of[label])) == pytest.approx((CONF.mean(), RIGHT.mean()))
    with pytest.raises(ValueError, match=r"^a.csv: row \d+, column 'label' is .*, a third class, and 'confi"):
        read(confidence=CONF, label=of[label])


@pytest.mark.parametrize("of", [np.arange(2), np.array(["No", "Yes"]), np.array(["ape", "bee"])], ids=str)
@pytest.mark.parametrize("name", ["score", "confidence"])
@pytest.mark.parametrize("threshold", [0.5, 0.3])
def test_answers_of_two_classes_that_follow_a_threshold_make_it_a_probability(read, of, name, threshold):
    reading = read(label=of[Y], **{name: P}, prediction=of[(threshold <= P) * 1])
    assert reading.kind == "binary"
    assert gap(reading) == pytest.approx((np.maximum(P, 1 - P).mean(), ((P > 0.5) == Y).mean()))
    assert f"--confidence {name}" in " ".join(reading.notes({}))


def test_a_score_of_the_other_class_is_turned(read):
    reading = read(label=np.array(["No", "Yes"])[Y], score=1 - P, prediction=np.array(["No", "Yes"])[(P > 0.5) * 1])
    assert reading.layout.classes == ("Yes", "No")
    assert gap(reading) == pytest.approx((np.maximum(P, 1 - P).mean(), ((P > 0.5) == Y).mean()))


@pytest.mark.parametrize("name", ["score", "confidence"])
def test_answers_of_two_classes_that_do_not_follow_make_it_a_confidence(read, name):
    top, said = np.maximum(P, 1 - P), (P > 0.5) * 1
    reading = read(label=Y, **{name: top}, prediction=said)
    assert reading.kind == "confidence" and "does not tell which class" in reading.notes({})[0]
    assert gap(reading) == pytest.approx((top.mean(), (said == Y).mean()))
    assert read(Choice(probabilities=name, labels="label"), label=Y, **{name: top}, prediction=said).kind == "binary"


def test_the_user_decides_otherwise(read):
    columns = {"confidence": P, "correct": Y}
    assert read(**columns).kind == "confidence"
    assert read(Choice(positive="1"), **columns, label=Y).kind == "binary"
    assert read(Choice(labels="correct", positive="1"), **columns).kind == "binary"
    assert read(Choice(labels="correct", probabilities="confidence"), **columns).kind == "confidence"
    assert read(Choice(confidence="x", correct="z"), x=P, z=Y).kind == "confidence"
    assert read(Choice(confidence="x", correct="label"), x=P, label=Y).kind == "confidence"
    with pytest.raises(ValueError, match="say with --correct which column tells whether the answer was right"):
        read(Choice(confidence="x"), x=P, z=Y)


def test_a_confidence_beside_labels_of_two_classes_is_a_probability_and_said_so(read):
    reading = read(confidence=P, label=Y)
    assert reading.kind == "binary" and "--confidence confidence --correct label" in reading.notes({})[0]


def test_probabilities_of_all_classes_come_before_a_confidence(read):
    reading = read(p0=1 - P, p1=P, confidence=np.maximum(P, 1 - P), correct=((P > 0.5) == Y) * 1, label=Y)
    assert reading.kind == "binary" and reading.layout.predictions == ("p0", "p1")


def test_confidences_out_of_range_and_percentages(read):
    with pytest.raises(ValueError, match=r"row 1, column 'conf' is .*: these are percentages; divide by 100"):
        run(read(conf=100 * CONF, correct=RIGHT * 1))
    with pytest.raises(ValueError, match="whole numbers up to 95: these are percentages; divide by 100"):
        read(conf=(100 * CONF).round().astype(int), correct=RIGHT * 1)
    with pytest.raises(ValueError, match="row 2, column 'correct' is 2"):
        run(read(Choice(confidence="conf", correct="correct"), conf=CONF, correct=np.arange(N) % 4 + 1))


@pytest.mark.parametrize("words", [["wrong", "right"], ["no", "yes"], ["incorrect", "correct"], ["False", "True"]])
def test_correctness_in_words(read, words):
    reading = read(conf=CONF, correct=np.array(words)[RIGHT * 1])
    assert reading.kind == "confidence"
    assert gap(reading) == pytest.approx((CONF.mean(), RIGHT.mean()))


def test_answers_that_are_the_labels_do_not_make_a_probability_a_confidence(read):
    reading = read(y=Y, y_prob=P, pred=Y)
    assert reading.kind == "binary" and "never below 1/2" in reading.notes({})[0]
    assert read(y=Y, y_prob=P, pred=(P > 0.5) * 1).notes({}) == ()


def test_a_file_sorted_by_its_labels_begins_with_few_of_them(read):
    label = np.sort(RNG.integers(0, 4, N))
    said = np.where(RIGHT, label, (label + 1 + RNG.integers(0, 3, N)) % 4)
    reading = read(score=CONF, prediction=said, label=label)
    assert reading.kind == "confidence"
    assert gap(reading) == pytest.approx((CONF.mean(), (said == label).mean()))


def test_names_decide_where_the_rows_cannot(read):
    assert read(label=[0, 1, 1], score=[0.2, 0.7, 0.9], prediction=[0, 1, 1]).kind == "binary"
    assert read(label=[0, 1, 1], confidence=[0.8, 0.7, 0.9], prediction=[0, 1, 1]).kind == "confidence"
