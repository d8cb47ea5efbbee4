"""Files as people have them: each runs at once, or one message says what to do."""

import json
import os
import re

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from onewarm.errors import InputError
from onewarm.study.data.load import load

N = 60
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(N, 4)).round(3)
CLASSES = ["ab"[k] for k in RNG.permutation(N) % 2]
KINDS = RNG.integers(0, 3, (4, N))


def csv(header, row, separator=","):
    return "\n".join([header, *(separator.join(map(str, row(i))) for i in range(N))]) + "\n"


def label(i):
    return CLASSES[i]


def day(i):
    return 1 + i % 28


# file name: text, label column, features, what the notes say
RUNS = {
    "german.csv": (
        csv(
            "Preis;Gewicht;Datum;Farbe;Klasse",
            lambda i: [f"1.{200 + i},50", f"{NOISE[i, 0]:.3f}".replace(".", ","), f"{day(i):02}.0{1 + i % 4}.2024",
                       ("rot", "grün", "blau")[KINDS[0, i]], label(i)],
            ";",
        ),
        "Klasse", 2 + 3 + 3, ["'Farbe' (3)", "'Datum' (days, month, weekday; read as day.month.year)"],
    ),
    "excel.csv": ("\ufeffsep=;\n" + csv("a;b;label", lambda i: [NOISE[i, 0], KINDS[0, i], label(i)], ";"), None, 2, []),
    "train.csv": (
        csv(
            "PassengerId,Survived,Pclass,Name,Sex,Age,Ticket,Fare,Cabin,Embarked",
            lambda i: [i + 1, int(label(i) == "a"), 1 + KINDS[0, i], f'"Braund, Mr. Owen {i}"',
                       ("male", "female")[KINDS[1, i] % 2], "" if i % 5 == 0 else 20 + i / 2,
                       f"A/5 {2117 + i}" if i % 3 else 11380 + i, round(7 + abs(NOISE[i, 1]) * 50, 2),
                       "" if i % 4 else f"C{i}", "SCQ"[KINDS[2, i]] if i % 20 else ""],
        ),
        None, 3 + 1 + 4 + 2,
        ["Label: column 'Survived' (2 classes), found by its name.",
         "'Age' (12 rows), 'Cabin' (45 rows), 'Embarked' (3 rows)",
         "Left out: 'PassengerId'", "Left out: 'Name', 'Ticket', 'Cabin': text that is different in most rows"],
    ),
    "zones.csv": (
        csv("when,v,label", lambda i: [f"2024-0{1 + i % 9}-11T{i % 24:02}:15:00+0{i % 3}:00", NOISE[i, 0], label(i)]),
        None, 5, ["Dates as numbers: 'when' (days, month, weekday, hour)"],
    ),
    "yes_no.csv": (
        csv("member,flag,label", lambda i: [("yes", "no")[KINDS[0, i] % 2], ("Y", "N", "")[KINDS[1, i]], label(i)]),
        None, 1 + 3, ["'member' (2), 'flag' (2)"],
    ),
    "signs.csv": (
        csv("share,price,big,label", lambda i: [f"{i / 2} %", f'"${1000 + i * 13:,}"', f'"{500 * i + 7:,}"', label(i)]),
        None, 3, ["Read as numbers: 'share' (without %), 'price' (without $; ',' separates thousands)"],
    ),
    "missing.csv": (
        csv("a,b,c,label", lambda i: ["N/A" if i % 7 == 0 else NOISE[i, 0], "?" if i % 5 == 0 else KINDS[0, i],
                                      "-" if i % 4 == 0 else i * 3 % 11, label(i)]),
        None, 6, ["Missing values: 'a' (9 rows), 'b' (12 rows), 'c' (15 rows)"],
    ),
    "mixed.csv": (
        csv("a,b,label", lambda i: ["seven" if i == 5 else NOISE[i, 0], ("low", "7", "8")[KINDS[0, i]], label(i)]),
        None, 2 + 3, ["counted as missing: 'a' ('seven')", "'b' (3)"],
    ),
    "numbers_as_codes.csv": (
        csv(
            "zip,plz,quoted,sort_code,grade,phone,mobile,card,label",
            lambda i: [("00501", "10115", "99950")[KINDS[0, i]], (10115, 60601, 80331)[KINDS[1, i]],
                       f'"{KINDS[2, i]:03}"', 100 + KINDS[3, i], 1 + KINDS[0, i], 4930 * 10**6 + i * i * 7919 % 10**6,
                       f"+49 30 {1000 + i * i * 7919 % 9000} {i}", 4 * 10**18 + i, label(i)],
        ),
        None, 3 * 4 + 1,
        ["Numbers taken as categories, for a name or leading zeros as of codes: 'zip', 'plz', 'quoted', 'sort_code'.",
         "Whole numbers of few values, taken as numbers: 'grade' (3); where they are codes of categories: --category "
         "grade (category='grade').",
         "Left out: 'phone': codes, such as telephone numbers, that differ in most rows.",
         "Left out: 'card': a different value in every row"],
    ),
    "versions.csv": (
        csv(
            "version,host,day,label",
            lambda i: [("1.10.0", "1.2.3", "2.0.0")[KINDS[0, i]], f"10.0.0.{KINDS[1, i]}",
                       f"2024{1 + i % 9:02}{day(i):02}", label(i)],
        ),
        None, 3 + 3 + 3,
        ["'version' (3), 'host' (3)", "Dates as numbers: 'day' (days, month, weekday; read as year, month, day)"],
    ),
    "all_missing.csv": (
        csv("a,b,label", lambda i: [NOISE[i, 0], "", label(i)]), None, 1, ["Left out: 'b': no value in any row."],
    ),
    "wide.csv": (
        csv(",".join(f"g{j}" for j in range(2000)) + ",label", lambda i: [*RNG.normal(size=2000).round(2), label(i)]),
        None, 2000, ["Numbers: 'g0', 'g1', 'g2', 'g3', 'g4' and 1995 more"],
    ),
    "index.csv": (csv(",a,label", lambda i: [i, NOISE[i, 0], label(i)]), None, 1, ["Left out: ''"]),
    "leak.csv": (
        csv("a,species_id,species", lambda i: [NOISE[i, 0], KINDS[0, i] * 10, "uvw"[KINDS[0, i]]]),
        None, 1 + 3, ["Warning: 'species_id' alone determines the class of every row"],
    ),
    "huge.csv": (
        csv("a,b,label", lambda i: ["1e300" if i == 3 else NOISE[i, 0], "inf" if i == 4 else NOISE[i, 1], label(i)]),
        None, 2, ["Infinite numbers, which count as 10 deviations: 'b'."],
    ),
    "rounding.csv": (
        csv("a,b,c,label", lambda i: [".2" if i > 57 else ".1", NOISE[i, 0], ".1", label(i)]),
        None, 2, ["Left out: 'c': the same value in every row."],
    ),
    "tabs.tsv": (csv("a\tb\tlabel", lambda i: [NOISE[i, 0], "uv"[KINDS[0, i] % 2], label(i)], "\t"), None, 2, []),
    "bars.txt": (csv("a|b|label", lambda i: [NOISE[i, 0], "uv"[KINDS[0, i] % 2], label(i)], "|"), None, 2, []),
    "clock.csv": (csv("at,label", lambda i: [f"{i % 24:02}:30", label(i)]), None, 1, ["'at' (hours)"]),
    "american.csv": (
        csv("d,label", lambda i: [f"{1 + i % 12}/{day(i)}/2024", label(i)]), None, 3, ["read as month/day/year"],
    ),
    "reviews.csv": (
        csv("review,stars,label", lambda i: [f'"I liked it, {i} times; really"', KINDS[0, i], label(i)]),
        None, 1, ["Left out: 'review': text that is different in most rows (to use it, give its embedding"],
    ),
    "spellings.csv": (
        csv("smoker,label", lambda i: [("Yes", "yes", "no")[KINDS[0, i]], label(i)]),
        None, 3, ["Kept apart, though they differ only in case or spaces: 'smoker' ('Yes', 'yes')."],
    ),
    "codes.csv": (
        csv("dose,age,label", lambda i: [-999 if i % 9 == 0 else 1 + i % 7, 999 if i % 11 == 0 else 20 + i, label(i)]),
        None, 4, ["Counted as missing, for it lies far from all other values: -999 in 'dose', 999 in 'age'."],
    ),
    "ways.csv": (
        csv("when,label", lambda i: [f"2024-01-{day(i):02}" if i % 2 else f"{day(i):02}/02/2024", label(i)]),
        None, 3, ["read as ISO and day/month/year"],
    ),
    "mail.csv": (
        csv("when,label", lambda i: [f'"Mon, {day(i):02} Jan 2024 {2 + i % 20:02}:00:00 +0200"', label(i)]),
        None, 3, ["(days, weekday, hour; read as day month year)"],
    ),
    "unreadable.csv": (
        csv("a,when,label", lambda i: [KINDS[0, i], ("24.1.{}", "24 Jan {}", "{} Jan 24")[i % 3].format(1950 + i),
                                       label(i)]),
        None, 1, ["Left out: 'when': dates that are written in several ways (to use them, write all as 2024-12-24)."],
    ),
    "threshold.csv": (
        csv("score,label", lambda i: [NOISE[i, 0] ** 2 + (label(i) == "a") * 40, label(i)]),
        None, 1, ["Warning: 'score' alone determines the class", "leave it out: --drop score (drop='score')."],
    ),
    "patients.csv": (
        csv("patient_id,a,label", lambda i: [i // 3, NOISE[i, 0], label(i)]),
        None, 21, ["Several rows have the same 'patient_id' (20 in all), and may be alike: --group patient_id"],
    ),
    "records.jsonl": (
        "\n".join(
            json.dumps({"a": NOISE[i, 0] if i % 4 else None, "in": {"b": int(KINDS[0, i])}, "label": label(i)})
            for i in range(N)
        ),
        None, 3, ["Missing values: 'a' (15 rows)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_raw_files_run_at_once(tmp_path, name):
    """Most real tables were refused raw: text, categories, dates, missing values, one column at a time."""
    text, chosen, width, said = RUNS[name]
    (tmp_path / name).write_text(text)
    data = load(str(tmp_path / name), label=chosen)
    split = data.split(0)
    assert split.train.x.shape[1] == width
    for part in (split.train, split.validation, split.test):
        assert np.isfinite(part.x).all() and np.abs(part.x).max() <= 10
    for sentence in said:
        assert sentence in " ".join(data.notes)
    assert len(data.notes) <= 9


SAYS = {
    "headerless.csv": ("5.1,3.5,.2,a\n4.9,3.0,.2,b\n", "headerless.csv: the first line holds numbers (5.1, ...): put"),
    "adult.csv": (
        "39,State-gov,13\n50,Private,13\n38,Private,9\n",
        "adult.csv: the first line (39,State-gov,13) looks",
    ),
    "twice.csv": ("a,a,label\n1,2,u\n", "twice.csv: column 'a' occurs twice; rename one"),
    "prices.csv": (csv("a,y", lambda i: [i % 7, NOISE[i, 0]]), "prices.csv: label column 'y' holds measurements, not"),
    "rare.csv": (
        csv("a,label", lambda i: [i % 7, label(i) if i < 56 else f"r{i}"]),
        "rare.csv: 4 classes have fewer than 3 rows of 'label', one each for training, validation and test: 'r56' (1), "
        "'r57' (1), 'r58' (1), 'r59' (1); merge them into 'other' with --rare merge, or leave",
    ),
    "german.csv": (
        csv("Preis;Klasse", lambda i: [i % 7, label(i)], ";"),
        "german.csv: no label column found (looked for label, labels, target, targets, y, y_true, y_test, ...); name "
        "one with --label: 'Preis', 'Klasse'",
    ),
    "table.xlsx": ("PK", "table.xlsx: cannot read .xlsx: save it as CSV, or with pandas.read_excel(...).to_parquet("),
}


@pytest.mark.parametrize("name", SAYS)
def test_other_files_say_what_to_do(tmp_path, name):
    text, error = SAYS[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match="^" + re.escape(error)):
        load(str(tmp_path / name))


def test_embeddings_structs_and_times_of_arrow(tmp_path):
    """Columns of lists were refused in Parquet."""
    table = pa.table(
        {
            "embedding": list(NOISE.astype(np.float32)),
            "at": pa.array(RNG.integers(0, 10**7, N), pa.timestamp("s", "UTC")),
            "in": [{"x": float(NOISE[i, 0]), "y": "uv"[KINDS[0, i] % 2]} for i in range(N)],
            "half": pa.array(NOISE[:, 1].astype(np.float16)),
            "label": CLASSES,
        }
    )
    pa.parquet.write_table(table, tmp_path / "t.parquet")
    pa.feather.write_feather(table, tmp_path / "t.feather")
    made = [load(str(tmp_path / name)) for name in ("t.parquet", "t.feather")]
    for data in made:
        assert data.split(0).train.x.shape == (36, 4 + 4 + 2 + 1)
    np.testing.assert_array_equal(made[0].split(1).test.x, made[1].split(1).test.x)


def test_an_archive_with_its_own_split(tmp_path):
    images, y = RNG.integers(0, 256, (90, 4, 5)), np.arange(90) % 3
    np.savez(tmp_path / "t.npz", x_train=images[:70], y_train=y[:70], x_test=images[70:], y_test=y[70:])
    data = load(str(tmp_path / "t.npz"))
    split = data.split(0)
    assert (split.test.original == images[70:]).all() and (split.test.y == y[70:]).all()
    assert [len(p) for p in (split.train, split.validation)] == [56, 14] and data.sampling == "fixed"
    assert data.notes[-1].startswith("Split: your own: 70 rows for training, a fifth of them held out by seed")
    with pytest.raises(InputError, match=r"^t\.npz has a split and labels of its own: leave out --label, --group and"):
        load(str(tmp_path / "t.npz"), label="y")
    np.save(tmp_path / "x.npy", NOISE)
    with pytest.raises(InputError, match=r"^x\.npy: one array has no labels: save both, as with numpy\.savez\("):
        load(str(tmp_path / "x.npy"))


def test_an_id_with_very_many_values_is_left_out_at_once(tmp_path):
    keys = np.char.add("u", RNG.permutation(30_000).astype(str))
    seconds = RNG.permutation(86_400)[:30_000]
    clock = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in seconds.tolist()]
    pa.parquet.write_table(pa.table({"uid": keys, "at": clock, "y": np.arange(30_000) % 2}), tmp_path / "t.parquet")
    data = load(str(tmp_path / "t.parquet"))
    assert data.notes[-2] == "Read as numbers: 'at' (hours)."
    assert data.notes[-1] == "Left out: 'uid': a different value in every row, as of an id or an index."


def test_options_of_files(tmp_path):
    text = csv("a,who,when,label", lambda i: [NOISE[i, 0], f"p{i // 4}", f"{day(i):02}.0{1 + i // 28}.2024", label(i)])
    (tmp_path / "t.csv").write_text(text)
    grouped, timed = load(tmp_path / "t.csv", group="who"), load(tmp_path / "t.csv", time="when")
    said = "Split: whole groups of column 'who' (15) on one side, by seed, classes in proportion"
    assert f"{said}; the numbers of rows differ by seed." in grouped.notes
    assert timed.notes[-1].startswith("Split: by column 'when', the earliest rows for training, the last for test (")
    rare = text.replace(f",{label(3)}\n", ",q\n", 1)
    (tmp_path / "r.csv").write_text(rare)
    assert load(tmp_path / "r.csv", rare="drop").class_names == ("a", "b")


def test_columns_are_left_out_on_request(tmp_path):
    (tmp_path / "t.csv").write_text(csv("a,code,label", lambda i: [NOISE[i, 0], label(i) * 2, label(i)]))
    data = load(tmp_path / "t.csv", drop="code")
    assert data.split(0).train.x.shape == (36, 1) and "Left out, as asked: 'code'." in data.notes
    assert not [note for note in data.notes if note.startswith("Warning")]
    assert data.content != load(tmp_path / "t.csv").content
    with pytest.raises(InputError, match=r"^t\.csv: no column 'cod'; nearest: 'code'$"):
        load(tmp_path / "t.csv", drop=["cod"])
    with pytest.raises(InputError, match=r"^t\.csv: 'label' is the label, and to be left out: name another --label$"):
        load(tmp_path / "t.csv", drop=["label"])


def test_classes_that_differ_in_case_are_said(tmp_path):
    (tmp_path / "t.csv").write_text(csv("a,label", lambda i: [NOISE[i, 0], ("Cat", "cat", "dog")[i % 3]]))
    assert load(tmp_path / "t.csv").notes[1] == (
        "Warning: classes that differ only in case or spaces: 'Cat', 'cat'. Write them alike where they are one."
    )


def test_accents_of_either_form_are_one_text(tmp_path):
    """An e with an accent is one code point or two, and looks the same."""
    words = ["caf\u00e9", "cafe\u0301", "tea"]
    (tmp_path / "t.csv").write_text(csv("drink,label", lambda i: [words[i % 3], words[i % 3]]))
    data = load(tmp_path / "t.csv")
    assert data.class_names == ("caf\u00e9", "tea") and data.split(0).train.x.shape == (36, 1)


def test_leading_zeros_far_down_make_text_of_the_whole_column(tmp_path):
    """Classes too: "01" is not "1"; and the codes before the first zero are those after it."""
    path = tmp_path / "late.csv"
    lines = [f"{100 + i % 3 if i < 90_000 else f'00{i % 2}'},{i * 7919 % 1013},{i % 2 + 8:02}" for i in range(100_000)]
    path.write_text("code,v,label\n" + "\n".join(lines) + "\n")
    made = load(path)
    assert made.class_names == ("08", "09")
    assert "'code' (5)" in " ".join(made.notes) and "'v', standardised" in " ".join(made.notes)


def test_columns_are_categories_on_request(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(csv("gro\u0308\u00dfe,grade,v,label", lambda i: [day(i), KINDS[0, i], NOISE[i, 0], label(i)]))
    plain = load(path)
    assert plain.split(0).train.x.shape[1] == 3
    made = load(path, category=["grade", "gr\u00f6\u00dfe"], drop="v")  # an accent as one character
    assert made.split(0).train.x.shape[1] == 3 + 28 and made.content != plain.content
    assert made.options == {"drop": "v", "category": ["grade", "gro\u0308\u00dfe"]}
    assert "Categories, as asked: 'grade', 'gro\u0308\u00dfe'." in made.notes
    assert not any("Numbers taken as categories" in note or "few values" in note for note in made.notes)
    with pytest.raises(InputError, match=r"^a\.csv: no column 'grad'; nearest: 'grade'$"):
        load(path, category="grad")
    with pytest.raises(InputError, match=r"^a\.csv: 'v' is to be a category, and is no feature: it is named otherwise"):
        load(path, category="v", drop="v")


def test_times_with_leading_zeros_are_times(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(csv("month,v,label", lambda i: [f"{1 + i % 12:02}", NOISE[i, 0], label(i)]))
    assert "Split: by column 'month', the earliest rows for training" in " ".join(load(path, time="month").notes)


def test_labels_of_an_archive_may_be_one_hot(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=NOISE, y=np.eye(3)[KINDS[0]])
    assert load(path).class_names == ("0", "1", "2")
    np.savez(path, x=NOISE, y=np.full((N, 3), 1 / 3))
    with pytest.raises(
        InputError, match=r"^a\.npz: label column 'y' has shape \(60, 3\): give one class a row, \(N,\), "
    ):
        load(path)


def test_loading_tells_how_far_it_is(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("n,v,w,label\n" + "\n".join(f"{i},{i % 7},some words {i},{i % 2}" for i in range(120_000)) + "\n")
    told = []
    load(path, tell=lambda *now: told.append(now))
    read = [done / total for what, done, total in told if what == "Reading a.csv, MB"]
    assert len(read) > 2 and read == sorted(read) and read[-1] == 1
    assert [now[1:] for now in told if now[0] == "Looking at the columns of a.csv"] == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_long_columns_are_what_short_ones_are(tmp_path):
    """The ways of a file of many rows, where little is done for each text, against those of its first rows."""
    days = np.datetime64("2020-01-01T00:00:00") + np.random.default_rng(0).permutation(10**6)[:30_000] * 61
    lines = [
        f"{str(d).replace('T', ' ')},{d}Z,note {i * 7919 % 29_989} of {i},{'' if i % 9 == 0 else f'k{i}'},label{i % 2}"
        for i, d in enumerate(days)
    ]
    for count in (30_000, 3_000):
        (tmp_path / f"{count}.csv").write_text("at,zoned,note,key,label\n" + "\n".join(lines[:count]) + "\n")
    long, short = (load(tmp_path / f"{count}.csv") for count in (30_000, 3_000))
    assert [n for n in long.notes if "rows" not in n] == [n for n in short.notes if "rows" not in n]
    assert "Dates as numbers: 'at' (days, year, month, weekday, hour), 'zoned' (days," in " ".join(long.notes)
    x = long.sample.encoder.blocks[0].values[:, 0]
    assert x.tolist() == ((days - days.min()) / np.timedelta64(1, "D")).tolist()


ODD = {
    "title.csv": (
        "Report of 2024\n\na,b,label\n1,2,x\n",
        "row 2 has 3 columns, not 1: 'a,b,label'; if the first line, 'Report of 2024', is no line of column names, "
        "delete it",
    ),
    "short.csv": (
        "a,b,label\n1,2,x\n3\n",
        "row 2 has 1 columns, not 3: '3'; complete it or drop the row",
    ),
    "quote.csv": (
        'a,b,label\n1,2,x\n"3,4,y\n5,6,x\n',
        "row 2 has 1 columns, not 3: '\"3,4,y\\n5,6,x'; a double quote in it is not closed",
    ),
    "page.csv": (
        "<!DOCTYPE html><html>404</html>",
        "is a page of HTML, perhaps what a server said instead of the file: download it again",
    ),
    "lfs.parquet": (
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "is a pointer of Git LFS, not the file itself: fetch it with git lfs pull",
    ),
    "records.csv": (
        '[{"a": 1, "label": "x"}]',
        "holds JSON: name it .json, or .jsonl where each line is a record",
    ),
    "book.csv": (
        "PK\x03\x04",
        "is a ZIP archive or a table of Excel (.zip, .xlsx) by its first bytes, not .csv: correct its suffix",
    ),
    "table.tsv": ("PAR1", "is a Parquet file (.parquet) by its first bytes, not .tsv: correct its suffix"),
    "a.dta": ("x", "cannot read .dta: save its table with pandas.read_stata(...).to_parquet('table.parquet')"),
    "parts.json": (
        '{"train": [{"a": 1}], "test": [{"a": 2}]}',
        "holds several tables, 'train', 'test': make one of them, with a column that says which row is of which",
    ),
    "names.csv": (
        "a,label\n" + "".join(f"{i},n{i}\n" for i in range(40)),
        "label column 'label' holds 40 different texts in 40 rows: ids or free text, not classes; name another with "
        "--label",
    ),
    "na.csv": (
        "a,label\n" + "".join(f"{i},{'NA' if i % 2 else 'DE'}\n" for i in range(10)),
        "5 rows (2, 4, 6, 8, 10) have no label (column 'label'); fill it or drop the row; where NA or None is a class, "
        "write it otherwise",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_refused_in_one_sentence_with_the_remedy(tmp_path, name):
    text, error = ODD[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as raised:
        load(tmp_path / name)
    assert str(raised.value) == f"{name}: {error}"


def test_paths_that_are_no_files(tmp_path):
    (tmp_path / "gone.csv").symlink_to("nowhere.csv")
    with pytest.raises(FileNotFoundError, match=r"gone\.csv' is a link to 'nowhere\.csv', which does not exist$"):
        load(tmp_path / "gone.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(
        FileNotFoundError, match=r"pipe\.csv' is a pipe or a device, which is read once only: save it as "
    ):
        load(tmp_path / "pipe.csv")


def test_remarks_above_the_names_are_passed_over(tmp_path):
    path = tmp_path / "a.csv"
    for above in ("# made by a program\n", "# made by a program\n# on a Monday\n"):
        path.write_text(above + csv("a,b,label", lambda i: [NOISE[i, 0], KINDS[0, i], label(i)]))
        assert load(path).split(0).train.x.shape[1] == 2
    path.write_text("# a,label\n" + csv("", lambda i: [NOISE[i, 0], label(i)])[1:])  # as numpy.savetxt writes names
    assert load(path).label == "label"


def test_what_a_user_may_overlook_is_said(tmp_path):
    """A field that only late rows have; percentages beside shares; two currencies."""
    path = tmp_path / "a.jsonl"
    rows = [{"a": i % 7, "label": i % 2} | ({"late": i, "b\n": 0} if i > 2100 else {}) for i in range(2200)]
    path.write_text("\n".join(map(json.dumps, rows)))
    note = "Left out, for the first rows have no such field (write it there, as null): 'late' (row 2102) "
    note += "'b\\\\n' (row 2102)."
    assert note in load(path).notes
    rate = [lambda i: [f"{i} %" if i % 2 else i / 100, label(i)], lambda i: [f"{'$€'[i % 2]}{i + 0.5}", label(i)]]
    for cells, units in zip(rate, ("%", "$ €"), strict=True):
        (tmp_path / "b.csv").write_text(csv("a,label", cells))
        said = f"'a' (without {units}; not in all rows alike: make sure that all are in one unit)"
        assert said in " ".join(load(tmp_path / "b.csv").notes)
    (tmp_path / "b.csv").write_text(csv("a,label", lambda i: [f"${i}" if i % 2 else i, label(i)]))
    assert "alike" not in " ".join(load(tmp_path / "b.csv").notes)
