"""Estimators in a study: what they are fitted on, where they are stopped, and why some are refused."""

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

import onewarm as ow
from onewarm.errors import InputError
from onewarm.softmax import softmax
from onewarm.study.arms.arm import parse_arm, parse_arms
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.estimators.estimator import Estimator, _of_catboost
from onewarm.study.models.estimators.probabilities import SMALLEST
from onewarm.study.models.model import Model, Run


def rows(n, seed, classes=(0, 1, 2), **more):
    rng = np.random.default_rng(seed)
    y = np.asarray(classes)[np.arange(n) % len(classes)]
    x = np.random.default_rng(0).standard_normal((3, 4))[y] + rng.standard_normal((n, 4))
    return Rows(x.astype(np.float32), y, **more)


SPLIT = Split(rows(60, 1), rows(45, 2), rows(50, 3))


def train(estimator, arms="hard,smooth:0.1", split=SPLIT, seed=3):
    model = Estimator(estimator)
    assert isinstance(model, Model)
    return model.train([Run(arm, seed) for arm in parse_arms(arms)], {seed: split}, 3)


def nll(outputs, split=SPLIT):
    return float(ow.cross_entropy(outputs.test, split.test.y))


def test_a_hard_arm_is_the_plain_fit_and_a_smoothed_one_the_weighted_one():
    hard, smooth = train(LogisticRegression())
    plain = LogisticRegression().fit(SPLIT.train.x, SPLIT.train.y)
    np.testing.assert_allclose(softmax(hard.stopped.test), plain.predict_proba(SPLIT.test.x), atol=1e-6)
    x, y = np.repeat(SPLIT.train.x, 3, 0), np.tile(np.arange(3), 60)
    weight = np.where(y == np.repeat(SPLIT.train.y, 3), 0.9 + 0.1 / 3, 0.1 / 3)
    weighted = LogisticRegression().fit(x, y, sample_weight=weight)
    np.testing.assert_allclose(softmax(smooth.stopped.test), weighted.predict_proba(SPLIT.test.x), atol=1e-6)
    assert hard.end is None and hard.steps is None and hard.curve is None


def test_a_boosted_model_is_stopped_at_its_best_round_and_trained_to_the_end():
    (run,) = train(GradientBoostingClassifier(n_estimators=40, learning_rate=0.5), "hard")
    each = [
        GradientBoostingClassifier(n_estimators=n, learning_rate=0.5, random_state=3).fit(SPLIT.train.x, SPLIT.train.y)
        for n in range(1, 41)
    ]
    losses = [float(ow.cross_entropy(np.log(m.predict_proba(SPLIT.validation.x)), SPLIT.validation.y)) for m in each]
    assert run.steps == 1 + int(np.argmin(losses)) < run.end_steps == 40
    np.testing.assert_allclose(run.curve.validation, losses, rtol=1e-6)
    np.testing.assert_allclose(softmax(run.stopped.test), each[run.steps - 1].predict_proba(SPLIT.test.x), atol=1e-9)
    np.testing.assert_allclose(softmax(run.end.test), each[-1].predict_proba(SPLIT.test.x), atol=1e-9)
    assert nll(run.stopped) < nll(run.end)


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(max_iter=5, early_stopping=True),
        LGBMClassifier(n_estimators=5, verbose=-1, early_stopping_rounds=2),
        RandomForestClassifier(5),
        GradientBoostingClassifier(n_estimators=5, n_iter_no_change=1),
        make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), LogisticRegression())),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_estimators_as_they_come_and_the_same_seed_gives_the_same_numbers(estimator):
    """LightGBM asked for rows to stop early on; scikit-learn's would have held out rows that are copies of others."""
    first, second = train(estimator), train(estimator)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.stopped.test, b.stopped.test)
    assert (first[0].stopped.test.argmax(1) == SPLIT.test.y).mean() > 0.4
    assert first[0].end_steps in (5, None)


def test_seeds_differ_and_teachers_have_numbers_of_their_own():
    forest = RandomForestClassifier(5)
    (a,), (b,) = (Estimator(forest).train([Run(parse_arm("hard"), seed)], {seed: SPLIT}, 3) for seed in (0, 1))
    assert not np.array_equal(a.stopped.test, b.stopped.test)
    hard, taught = train(forest, "hard,teacher:1")
    assert not np.array_equal(hard.stopped.test, taught.stopped.test)


def test_a_teacher_at_a_temperature_trains_the_students_logits_divided_by_it():
    """A flexible student learns its teacher's logits at any temperature: softmax(z / T) = softmax(v / T)."""
    split = Split(rows(60, 1), rows(45, 2), rows(50, 3), teacher=rows(300, 4))
    teacher = LogisticRegression(C=1e4, max_iter=2000, tol=1e-8)
    ((cold,), (hot,)) = (train(teacher, f"teacher:{t}", split) for t in (1, 4))
    expected = teacher.fit(split.teacher.x, split.teacher.y).predict_proba(split.test.x)
    np.testing.assert_allclose(softmax(cold.stopped.test), expected, atol=0.01)
    np.testing.assert_allclose(softmax(hot.stopped.test), expected, atol=0.01)


def test_a_class_that_the_training_rows_lack_is_a_column_and_the_order_is_kept():
    split = Split(rows(60, 1, classes=(0, 2)), rows(45, 2), rows(50, 3))
    (hard, smooth) = train(HistGradientBoostingClassifier(max_iter=3), split=split)
    assert hard.stopped.test.shape == (50, 3)
    np.testing.assert_allclose(hard.stopped.test[:, 1], np.log(SMALLEST))
    assert (hard.stopped.test.argmax(1) != 1).all() and (smooth.stopped.test[:, 1] > np.log(1e-3)).all()


class NamedClasses(ClassifierMixin, BaseEstimator):
    """Its classes are in descending order."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)[::-1]
        self.shares_ = np.array([sample_weight[y == k].sum() for k in self.classes_]) / sample_weight.sum()
        return self

    def predict_proba(self, X):
        return np.tile(self.shares_, (len(X), 1))


def test_columns_are_put_in_the_order_of_the_classes():
    split = Split(rows(60, 1, classes=(0, 1, 1, 2, 2, 2)), rows(45, 2), rows(50, 3))
    (hard,) = train(NamedClasses(), "hard", split)
    np.testing.assert_allclose(softmax(hard.stopped.test)[0], [1 / 6, 1 / 3, 1 / 2])


def test_a_pipeline_gets_the_users_columns_and_fits_its_first_steps_on_the_rows_as_they_are():
    """A scaler that was fitted on expanded rows would count a row as often as it has classes with mass."""

    def part(n, seed):
        of = rows(n, seed)
        frame = pd.DataFrame({"size": of.x[:, 0], "colour": np.array(["red", "blue", "green"])[of.y]})
        return Rows(of.x, of.y, votes=np.eye(3, dtype=np.int64)[of.y] + (np.arange(n) < 20)[:, None], original=frame)

    split = Split(part(60, 1), part(45, 2), part(50, 3))
    seen = []

    class Seen(StandardScaler):
        def fit(self, X, y=None, sample_weight=None):
            seen.append(len(X))
            return super().fit(X, y)

    pipeline = make_pipeline(
        make_column_transformer((Seen(), ["size"]), (OneHotEncoder(), ["colour"])), LogisticRegression()
    )
    (votes,) = train(pipeline, "votes", split)
    assert seen == [60]
    assert (votes.stopped.test.argmax(1) == split.test.y).all()


REFUSED = {
    "KNeighborsClassifier takes no sample_weight in fit, which soft targets need: give a model that does, such as "
    "LogisticRegression, HistGradientBoostingClassifier or LGBMClassifier, or a function": KNeighborsClassifier(),
    "LinearDiscriminantAnalysis, the last step of your Pipeline, takes no sample_weight in fit": make_pipeline(
        StandardScaler(), LinearDiscriminantAnalysis()
    ),
    "LinearSVC has no predict_proba; LogisticRegression is a linear model with probabilities": LinearSVC(),
    "SGDClassifier has no predict_proba; with loss='log_loss' it has": SGDClassifier(),
    "SVC has no predict_proba; a study compares probabilities": SVC(),
    "the step 'knn' of your Pipeline has no transform(), which every": Pipeline(
        [("knn", KNeighborsClassifier()), ("last", LogisticRegression())]
    ),
    "GridSearchCV cross-validates inside fit ('cv'), where several rows are copies of one": GridSearchCV(
        LogisticRegression(), {"C": [1, 2]}
    ),
    "LogisticRegressionCV cross-validates inside fit ('cv')": LogisticRegressionCV(),
    "CalibratedClassifierCV cross-validates inside fit ('cv'), where several rows are copies of one, so its choice "
    "would be too optimistic: give the estimator that it calibrates": CalibratedClassifierCV(LogisticRegression()),
    "model=Forgets: AttributeError: 'Forgets' object has no attribute 'depth'": type(
        "Forgets", (NamedClasses,), {"__init__": lambda self, depth=1: None}
    )(),
    "model=Wanting(): TypeError: ": type("Wanting", (NamedClasses,), {"__init__": lambda self, depth: None}),
}


@pytest.mark.parametrize("message", REFUSED)
def test_an_estimator_that_cannot_be_trained_is_refused_with_the_remedy(message):
    with pytest.raises(InputError) as raised:
        Estimator(REFUSED[message])
    assert str(raised.value).startswith(message) or "GridSearchCV takes no sample_weight" in str(raised.value)


@pytest.mark.parametrize("arm", ["focal:2", "penalty:0.1", "maxsup:0.1", "mixup:0.2", "online:0.5", "negative:0.1"])
def test_arms_that_change_the_loss_or_the_features_are_refused(arm):
    said = Estimator(LogisticRegression()).refuses(parse_arm(arm))
    assert said == (
        f"LogisticRegression cannot be trained with the arm {arm}, which is not a matter of weighted labels: leave the "
        "arm out, or take model='mlp' or a PyTorch module"
    )


class Short(NamedClasses):
    """Gives the probabilities of some rows only."""

    def predict_proba(self, X):
        return super().predict_proba(X)[:5]


class Renamed(NamedClasses):
    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.array(["a", "b", "c"])
        return self


@pytest.mark.parametrize(
    ("estimator", "error"),
    [
        (
            Short(),
            r"^predict_proba of Short gave the shape \(5, 3\) for 60 rows: expected \(60, 3\), a column for each",
        ),
        (Renamed(), r"^Renamed has the classes_ 'a', 'b', 'c': expected those of the labels that fit was given, whole"),
    ],
)
def test_predictions_of_other_rows_or_classes_are_refused(estimator, error):
    with pytest.raises(InputError, match=error):
        train(estimator)


def test_an_error_of_the_estimator_says_which_run():
    with pytest.raises(InputError, match=r"^LogisticRegression, arm hard, seed 3: InvalidParameterError: The 'C'"):
        train(LogisticRegression(C=-1.0))


def test_a_network_of_scikit_learn_is_one_model():
    (run,) = train(MLPClassifier((8,), max_iter=300, tol=1e-2), "hard")
    assert run.end is None and (run.stopped.test.argmax(1) == SPLIT.test.y).mean() > 0.34


def test_categorical_features_by_name_are_columns_of_the_users_table():
    """An estimator with categorical_features=["town"] got the study's features, which have no names."""

    def named(part):
        return Rows(part.x, part.y, original=pd.DataFrame({"a": part.x[:, 0], "town": part.y}))

    split = Split(*map(named, (SPLIT.train, SPLIT.validation, SPLIT.test)))
    (run,) = train(HistGradientBoostingClassifier(categorical_features=["town"], max_iter=20), "hard", split)
    assert nll(run.stopped, split) < 0.2


class Changes(NamedClasses):
    """Like CatBoost's: a constructor that changes its arguments, columns by name, and few parameters in the list."""

    def __init__(self, cat_features=None):
        self.cat_features = None if cat_features is None else list(cat_features)

    def fit(self, X, y, sample_weight=None):
        assert list(X) == ["a", "town"]
        return super().fit(X, y, sample_weight)


def test_an_estimator_that_cannot_be_cloned_is_made_anew_and_gets_its_columns():
    def named(part):
        return Rows(part.x, part.y, original=pd.DataFrame({"a": part.x[:, 0], "town": part.y}))

    split = Split(*map(named, (SPLIT.train, SPLIT.validation, SPLIT.test)))
    (run,) = train(Changes(["town"]), "hard", split)
    np.testing.assert_allclose(softmax(run.stopped.test)[0], 1 / 3)


def test_catboost_gets_a_seed_one_core_and_is_silent_unless_told_otherwise():
    assert _of_catboost({"iterations": 8}, 3) == {
        "random_seed": 3, "thread_count": 1, "allow_writing_files": False, "logging_level": "Silent"
    }  # fmt: skip
    assert _of_catboost({"random_state": 0, "verbose": 1, "thread_count": 2, "train_dir": "x"}, 3) == {}
