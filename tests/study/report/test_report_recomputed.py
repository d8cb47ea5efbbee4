"""Every number that a study shows, recomputed with NumPy, SciPy and scikit-learn from the logits of its runs.

A file whose groups stay together, split anew by every seed; a data set of which every seed draws new rows; and a file
with a split of its own. What the store, JSON, terminal, page and MLflow say is compared with what is worked out here.
"""

import io
import itertools
import re
import sqlite3
import warnings
import zlib
from html import unescape
from json import loads

import numpy as np
import pytest
from rich.console import Console
from scipy import stats
from scipy.optimize import brentq
from scipy.special import softmax
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from onewarm.study import run
from onewarm.study.engines import work
from onewarm.study.models.training import Training
from onewarm.study.report.html import html

ARMS = ("hard", "smooth:0.1", "smooth:0.3")
ALL = (*ARMS, "logistic")
SEEDS = 4
DECIDING = ("nll", "accuracy", "nll_after")
BESIDE = ("ece", "brier", "auroc", "aurc", "mean_confidence", "confidence_gap", "ece_after", "confidence_gap_after")
ROUGH = {"auroc": 0.02, "aurc": 0.01}
"""Their confidences are kept in cells of 1/600 and tied within one: how far a value may be from that without ties."""


def table(folder):
    """A file of patients with four rows each: semicolons, decimal commas, a text column, an own split in a column."""
    rng = np.random.default_rng(3)
    lines = ["patient;part;size;colour;species"]
    for i in range(240):
        y = int(rng.integers(3))
        size = f"{y + 1.2 * rng.standard_normal():.3f}".replace(".", ",")
        part = ("train", "train", "train", "validation", "test", "test")[(i // 4) % 6]
        lines.append(f"p{i // 4};{part};{size};{'rgb'[int(rng.integers(3)) if rng.random() < 0.5 else y]};s{y}")
    path = folder / "patients.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


KINDS = {
    "resplit": {"label": "species", "group": "patient", "drop": ["part"]},
    "fresh": {},
    "fixed": {"label": "species", "split": "part", "drop": ["patient"]},
}


@pytest.fixture(scope="module", params=sorted(KINDS))
def study(request, tmp_path_factory):
    """A study with this kind of seeds: its report, the store's file, and each run's logits and rows."""
    folder = tmp_path_factory.mktemp(request.param)
    seen, scored = {}, work._scored

    def recorded(made, trained, split, row_groups):
        seen[made.arm.name, made.seed] = trained, split
        return scored(made, trained, split, row_groups)

    data = "blobs" if request.param == "fresh" else table(folder)
    training = Training(hidden=16, batch=25, steps=100, check_every=5, learning_rate=1e-2)
    options = {"training": training, "workers": 1, "store": f"sqlite:///{folder / 'studies.db'}"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "_scored", recorded)
        report = run(data, arms=list(ARMS), seeds=SEEDS, **options, **KINDS[request.param])
    assert report.dataset["sampling"] == request.param and report.trained == len(seen) == SEEDS * len(ALL)
    return report, folder / "studies.db", seen


def ece(p, y):
    confidence, right, total = p.max(1), p.argmax(1) == y, 0.0
    for low, high in itertools.pairwise(np.linspace(0, 1, 16)):
        inside = (confidence > low) & (confidence <= high)
        total += abs(confidence[inside].sum() - right[inside].sum())
    return total / len(y)


def temperature(z, y):
    """The optimum with a gamma prior of mode 1 that counts as one row."""
    of_label = z[np.arange(len(y)), y].mean()
    return 1 / brentq(lambda b: (softmax(b * z, 1) * z).sum(1).mean() - of_label + (1 - 1 / b) / len(y), 1e-6, 1e6)


def of_rows(z, tempered, y):
    """The metrics of test rows, from their logits without and with the temperature."""
    p, q = softmax(z, 1), softmax(tempered, 1)
    right, k = p.argmax(1) == y, z.shape[1]
    order = np.argsort(-p.max(1), kind="stable")
    return {
        "accuracy": accuracy_score(y, p.argmax(1)),
        "nll": log_loss(y, p, labels=range(k)),
        "ece": ece(p, y),
        "brier": ((p - np.eye(k)[y]) ** 2).sum(1).mean(),
        "auroc": roc_auc_score(right, p.max(1)),
        "aurc": (np.cumsum(~right[order]) / np.arange(1, len(y) + 1)).mean(),
        "mean_confidence": p.max(1).mean(),
        "confidence_gap": p.max(1).mean() - right.mean(),
        "nll_after": log_loss(y, q, labels=range(k)),
        "ece_after": ece(q, y),
        "confidence_gap_after": q.max(1).mean() - right.mean(),
    }


def of_run(outputs, split):
    """All metrics of a run."""
    t = temperature(outputs.validation, split.validation.y)
    z, y = outputs.train, split.train.y
    gaps = [row[label] - np.delete(row, label).mean() for row, label in zip(z, y, strict=True)]
    return of_rows(outputs.test, outputs.test / t, split.test.y) | {
        "temperature": t,
        "logit_gap": np.mean(gaps),
        "train_accuracy": accuracy_score(y, z.argmax(1)),
        "train_nll": log_loss(y, softmax(z, 1), labels=range(z.shape[1])),
    }


def stored(file):
    """The metrics in the store, by (arm, seed, training), read without the package."""
    with sqlite3.connect(file) as db:
        rows = db.execute("SELECT arm, seed, stopped, end FROM results").fetchall()
    return {
        (arm, seed, training): loads(zlib.decompress(blob).partition(b"\n")[0])
        for arm, seed, *blobs in rows
        for training, blob in zip(("stopped", "end"), blobs, strict=True)
        if blob is not None
    }


def test_the_store_has_the_metrics_of_the_logits(study):
    _, file, seen = study
    found = stored(file)
    expected = {
        (*key, training): of_run(outputs, split)
        for key, (trained, split) in seen.items()
        for training in ("stopped", "end")
        if (outputs := getattr(trained, training)) is not None
    }
    assert found.keys() == expected.keys() and len(found) == SEEDS * (2 * len(ARMS) + 1)
    for key, metrics in expected.items():
        for name, value in metrics.items():
            near = pytest.approx(value, abs=ROUGH[name]) if name in ROUGH else pytest.approx(value, rel=1e-7, abs=1e-9)
            assert found[key]["metrics"][name] == near, (key, name)


def half_width(differences, without, wrong, report, step):
    """Student's t; Nadeau and Bengio's where a file is split anew; with the rows' jackknife where all share a split."""
    n, s2 = len(differences), differences.var(ddof=1) + step**2 / (len(differences) + 1)
    data, t = report.dataset, stats.t.isf(wrong / 2, len(differences) - 1)
    ratio = data["test"] / (data["train"] + data["validation"]) if data["sampling"] == "resplit" else 0.0
    square = t**2 * s2 * (1 / n + ratio)
    if data["sampling"] == "fixed":
        g = len(without)
        square += stats.t.isf(wrong / 2, g - 1) ** 2 * ((g - 1) / g * ((without - without.mean()) ** 2).sum() + step**2)
    return square**0.5


def test_json_has_the_means_differences_and_intervals_of_the_store(study):
    report, file, _ = study
    shown, found = report.to_dict(), stored(file)

    def values(arm, metric, training):
        return np.array([found[arm, seed, training]["metrics"][metric] for seed in range(SEEDS)])

    def without(arm, metric, training):
        return np.mean([found[arm, s, training]["without"][metric] for s in range(SEEDS)], 0)

    fixed, test = report.dataset["sampling"] == "fixed", report.dataset["test"]
    for part, training, arms in (("metrics", "stopped", ALL), ("metrics_end", "end", ARMS)):
        assert set(shown[part]) == set(arms)
        for arm, metric in itertools.product(arms, shown[part]["hard"]):
            x, entry = values(arm, metric, training), shown[part][arm][metric]
            assert entry["values"] == x.tolist() and entry["mean"] == pytest.approx(x.mean(), rel=1e-12)
            groups = without(arm, metric, training) if fixed and metric in found[arm, 0, training]["without"] else None
            if groups is None and fixed:
                continue  # a metric of other rows than those of the test
            half = half_width(x, groups, 0.05, report, 1 / test if metric == "accuracy" else 0.0)
            assert entry["interval"] == pytest.approx([x.mean() - half, x.mean() + half], rel=1e-9, abs=1e-12), metric
    rows = {(r["training"], r["arm"], r["metric"]): r for r in shown["comparisons"]}
    assert len(rows) == len(shown["comparisons"]) == 11 * (3 + 2)
    for (training, arm, metric), row in rows.items():
        d = values(arm, metric, training) - values("hard", metric, training)
        groups = without(arm, metric, training) - without("hard", metric, training) if fixed else None
        arms = 3 if training == "stopped" else 2
        wrong = 0.05 * (0.8 / (3 * arms) if metric in DECIDING else 0.2 / (8 * arms))
        step = 1 / test if metric == "accuracy" else 0.0
        for name, error in (("interval", wrong), ("pointwise", 0.05)):
            half = half_width(d, groups, error, report, step)
            assert row[name] == pytest.approx([d.mean() - half, d.mean() + half], rel=1e-9, abs=1e-12), (arm, metric)
        assert row["mean"] == pytest.approx(d.mean(), rel=1e-12, abs=1e-15) and row["baseline"] == "hard"
        assert row["clear"] == (abs(d.mean()) > half_width(d, groups, wrong, report, step))
        if not fixed:
            ratio = half_width(d, groups, 0.05, report, step) / stats.t.isf(0.025, SEEDS - 1)
            p = 2 * stats.t.sf(abs(d.mean()) / ratio, SEEDS - 1)
            assert row["p"] == pytest.approx(p) and row["p_adjusted"] == pytest.approx(min(1, p * 0.05 / wrong))


def test_the_suggested_alpha_is_that_of_the_stored_gap(study):
    report, file, _ = study
    found = stored(file)
    gap, confidence = (
        np.array([found["hard", seed, "stopped"]["metrics"][name] for seed in range(SEEDS)])
        for name in ("confidence_gap", "mean_confidence")
    )
    groups = None
    if report.dataset["sampling"] == "fixed":
        groups = np.mean([found["hard", s, "stopped"]["without"]["confidence_gap"] for s in range(SEEDS)], 0)
    above = gap.mean() > half_width(gap, groups, 0.05, report, 0.0)
    expected = gap.mean() / (confidence.mean() - 1 / report.dataset["num_classes"]) if above else 0.0
    assert report.to_dict()["recommendation"]["suggested_alpha"] == pytest.approx(min(0.5, expected))


def agree(words, exact):
    """Whether the numbers in the words are the exact ones, rounded to the digits that are shown."""
    shown = re.findall(r"[+-]?\d+\.\d+", words.replace("\u2212", "-"))
    assert len(shown) == len(exact), (words, exact)
    for word, x in zip(shown, exact, strict=True):
        assert abs(float(word) - x) <= 0.501 * 10.0 ** -len(word.partition(".")[2]), (words, exact)


def expected_cells(values, training="stopped"):
    """By arm: the exact means, and by metric the exact difference with its interval, in what they are shown in."""
    scale = {"accuracy": 100.0}
    part = values["metrics" if training == "stopped" else "metrics_end"]
    means = {arm: {m: scale.get(m, 1.0) * v["mean"] for m, v in found.items()} for arm, found in part.items()}
    rows = {
        (r["arm"], r["metric"]): [scale.get(r["metric"], 1.0) * x for x in (r["mean"], *r["interval"])]
        for r in values["comparisons"]
        if r["training"] == training
    }
    return means, rows


def test_the_terminal_shows_the_numbers_of_the_json(study):
    report, _, _ = study
    out = io.StringIO()
    report.print(Console(file=out, width=80))
    said = out.getvalue()
    every, rest = said.partition("Every arm")[2].split("Minus hard, paired", 1)
    differences, rest = rest.split("Trained to the end", 1)
    ended = rest.partition("What was found")[0]
    means, rows = expected_cells(report.to_dict())
    end_means, end_rows = expected_cells(report.to_dict(), "end")

    def lines(words):
        """Of each arm its line, and the one below it."""
        split = words.splitlines()
        return {line.split()[0]: (line, *split[i : i + 1]) for i, line in enumerate(split, 1) if line.strip()}

    for arm in ALL:
        shown = ("nll", "accuracy", "ece", "brier", "auroc", "aurc", "temperature", "nll_after")
        line = lines(every)[arm][0].partition(arm)[2]
        agree(line, [means[arm][m] for m in shown])
        if arm in ARMS:
            line, below = lines(ended)[arm]
            pair = end_rows.get((arm, "nll"), [])
            agree(line.partition(arm)[2], [*(end_means[arm][m] for m in ("nll", "accuracy", "ece")), *pair[:1]])
            if pair:
                agree(below, pair[1:])
        if arm != "hard":
            line, below = lines(differences)[arm]
            agree(line.partition(arm)[2], [rows[arm, m][0] for m in DECIDING])
            agree(below, [x for m in DECIDING for x in rows[arm, m][1:]])


def test_the_sentences_have_the_numbers_of_the_json(study):
    report, _, _ = study
    _, rows = expected_cells(report.to_dict())
    names = {"NLL after a temperature": "nll_after", "NLL": "nll", "accuracy": "accuracy", "ECE": "ece"}
    number = r"[+-]?\d+\.\d+(?: points)? \([^)]*\)"
    for arm in ARMS[1:]:
        [sentence] = [s for s in report.verdict() if s.startswith(f"{arm} against hard:")]
        told = re.findall(rf"({'|'.join(names)}),? ({number})", sentence)
        assert sorted(names[name] for name, _ in told) == sorted(names.values()), sentence
        for name, words in told:
            agree(words, rows[arm, names[name]])


def cells(page, name):
    """The cells of the table of the page whose caption begins so, by the arm in the first one."""
    [found] = [t for t in re.findall(r"<table.*?</table>", page, re.S) if f"<caption>{name}" in t]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr.*?</tr>", found, re.S)]
    plain = [[unescape(re.sub(r"<[^>]+>", " ", cell)) for cell in row] for row in rows]
    return {row[0].split()[0]: row[1:] for row in plain}


def test_the_page_shows_the_numbers_of_the_json(study):
    report, _, _ = study
    page = html(report)
    means, rows = expected_cells(report.to_dict())
    end_means, end_rows = expected_cells(report.to_dict(), "end")
    every, minus = cells(page, "Means over"), cells(page, "Minus hard")
    both = cells(page, "Means, and NLL minus")
    shown = ("nll", "accuracy", "ece", "brier", "auroc", "aurc", "temperature", "nll_after", "ece_after")
    for arm in ALL:
        agree(" ".join(every[arm][:-1]), [means[arm][m] for m in shown])
        pairs = [means[arm], end_means[arm]] if arm in ARMS else [means[arm]]
        exact = [part[m] for m in ("nll", "accuracy", "ece") for part in pairs]
        if arm != "hard":
            agree(
                " ".join(minus[arm]),
                [x for m in ("nll", "accuracy", "ece", "brier", "nll_after") for x in rows[arm, m]],
            )
            exact += rows[arm, "nll"] + (end_rows[arm, "nll"] if arm in ARMS else [])
        agree(" ".join(both[arm]), exact)
    for metric in ("nll", "accuracy"):
        [words] = re.findall(rf'<desc id="forest-{metric}-stopped[^>]*>(.*?)</desc>', page, re.S)
        for said in unescape(words).rstrip(".").split("; "):
            arm, _, numbers = said.partition(" ")
            agree(numbers, rows[arm, metric])


def test_mlflow_has_the_numbers_of_the_json(study, tmp_path, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    from onewarm.study.report.mlflow_log import log_to_mlflow

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    report, _, _ = study
    uri = (tmp_path / "runs").as_uri()
    log_to_mlflow(report, uri)
    client, values = MlflowClient(tracking_uri=uri), report.to_dict()
    found = client.search_runs([client.get_experiment_by_name("onewarm").experiment_id])
    kept = {run.info.run_name: run.data.metrics for run in found}
    for arm in ALL:
        exact = {m: v["mean"] for m, v in values["metrics"][arm].items()}
        exact |= {f"{m}_end": v["mean"] for m, v in values["metrics_end"].get(arm, {}).items()}
        for r in (r for r in values["comparisons"] if r["arm"] == arm):
            name = f"{r['metric']}{'_end' * (r['training'] == 'end')}_minus_hard"
            exact |= dict(zip((name, f"{name}_low", f"{name}_high"), (r["mean"], *r["interval"]), strict=True))
        own = {name: x for name, x in kept[arm].items() if not name.startswith("curve_")}
        assert own == pytest.approx({name: x for name, x in exact.items() if x is not None}, rel=1e-12)
