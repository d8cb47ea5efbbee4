"""Damaged files of every format: each is read, or refused with an error that names it; no crash, hang or traceback.

The long run takes as many seconds as ``ONEWARM_FUZZ_SECONDS`` says, and keeps the files that offend in the folder
``ONEWARM_FUZZ_KEEP``:

    ONEWARM_FUZZ_SECONDS=1800 pytest -s -m long tests/tables/formats/test_registry_fuzz.py
"""

import bz2
import gzip
import io
import json
import lzma
import os
import select
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest

from onewarm.tables.formats import open_source

WORKER = Path(__file__).with_name("fuzz_worker.py")
SECONDS_A_FILE = 60
MOST_BYTES = 1 << 30
EXTREME = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
TEXTS = [
    *(bytes([c]) for c in b"\"',;\t| \n\r\0[]{}:#\\-\xff"),
    *(b"\r\n", b"nan", b"inf", b"-1e999", b"9" * 400, b"0,5", b"1e-400", b"null", b"true", b"NA", b"\xe2\x80", b"..."),
    *(b"[" * 3000, b'{"a":' * 500, b"\xff\xfe", b"\xef\xbb\xbf", b"[0.5, 0.5]", b"np.float64(", b"\x1b[31m"),
    "\u202e".encode(),
]


def table():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), 120)
    texts = rng.choice(["day", "night", "été"], 120).tolist()
    texts[7] = None
    return pa.table({f"p{k}": p[:, k] for k in range(3)} | {"label": rng.integers(0, 3, 120), "group": texts})


def lists():
    full = table()
    p = np.column_stack([full[f"p{k}"] for k in range(3)])
    doc = pa.array([{"query": "q", "at": i} for i in range(120)])
    return pa.table({"probs": p.tolist(), "label": full["label"], "doc": doc})


def sample(i, row):
    """A sample of the language model evaluation harness."""
    resps = [[str(value), "False"] for value in row]
    doc = {"query": f"Question {i}", "choices": ["a", "b", "c"], "gold": i % 3}
    return {
        "doc_id": i,
        "doc": doc,
        "target": i % 3,
        "resps": [[r] for r in resps],
        "filtered_resps": resps,
        "acc": 1.0,
    }


def written(write, *args, **options):
    out = io.BytesIO()
    write(*args, out, **options)
    return out.getvalue()


def ipc(new, tables, options=None):
    out = pa.BufferOutputStream()
    with new(out, tables.schema, options=options) as writer:
        writer.write_table(tables, max_chunksize=40)
    return out.getvalue().to_pybytes()


def corpus():
    """Good files, by suffix: each a list of its bytes."""
    full, nested, rng = table(), lists(), np.random.default_rng(1)
    numbers = {f"p{k}": full[f"p{k}"].to_numpy() for k in range(3)}
    p, label = np.column_stack(list(numbers.values())), full["label"].to_numpy()
    text = written(pa.csv.write_csv, full)
    as_lists = "probs,label\n" + "".join(f'"{row.tolist()}",{y}\n' for row, y in zip(p, label, strict=True))
    rows = [(*row, y) for row, y in zip(p.tolist(), label.tolist(), strict=True)]
    spaces = "p0 p1 p2  label\n" + "".join("  ".join(map(str, row)) + "\n" for row in rows)
    decimal = "p0;p1;p2;label\n" + "".join(";".join(map(str, row)).replace(".", ",") + "\n" for row in rows)
    lines = "\n".join(map(json.dumps, nested.to_pylist())).encode()
    answers = "confidence,correct\n" + "".join(f"{row[0]},{y > 0}\n" for row, y in zip(p, label, strict=True))
    votes = "p0,p1,p2,votes_0,votes_1,votes_2,weight\n" + "".join(
        ",".join(map(str, (*row[:3], *rng.integers(0, 5, 3) + 1, 1))) + "\n" for row in rows
    )
    log = "\n".join(json.dumps(sample(i, row)) for i, row in enumerate(p.tolist())).encode()
    parquet = [
        written(pa.parquet.write_table, t, compression=c, use_dictionary=d, row_group_size=50)
        for t, c, d in ((full, "none", True), (full, "snappy", False), (nested, "zstd", True), (nested, "none", False))
    ]
    stored, packed = io.BytesIO(), io.BytesIO()
    np.savez(stored, probs=p, label=label, group=full["group"].to_numpy().astype(str))
    np.savez_compressed(packed, probs=np.asfortranarray(p.astype("f4")), label=label)
    files = {
        ".csv": [
            answers.encode(),
            votes.encode(),
            text,
            as_lists.encode(),
            decimal.encode(),
            text.decode().encode("utf-16"),
        ],
        ".tsv": [text.replace(b",", b"\t")],
        ".txt": [spaces.encode(), text.replace(b",", b"|")],
        ".csv.gz": [gzip.compress(text)],
        ".csv.bz2": [bz2.compress(text)],
        ".csv.xz": [lzma.compress(text)],
        ".csv.zst": [pa.compress(text, "zstd", asbytes=True)],
        ".jsonl": [lines, log],
        ".json": [json.dumps(nested.to_pylist()).encode(), json.dumps(nested.to_pydict()).encode()],
        ".parquet": parquet,
        ".feather": [
            written(pa.feather.write_feather, full, compression="uncompressed"),
            written(pa.feather.write_feather, nested, compression="lz4"),
        ],
        ".arrow": [
            ipc(pa.ipc.new_stream, full),
            ipc(pa.ipc.new_file, full.set_column(4, "group", full["group"].dictionary_encode())),
            ipc(pa.ipc.new_file, nested, pa.ipc.IpcWriteOptions(compression="zstd")),
        ],
        ".npz": [stored.getvalue(), packed.getvalue()],
        ".npy": [written(lambda a, out: np.save(out, a), a) for a in (p, np.asfortranarray(p), p.astype(">f2"))],
    }
    try:
        import torch
    except ImportError:
        return files
    tensors = {"probs": torch.tensor(p), "label": torch.tensor(label)}
    files[".pt"] = [written(torch.save, tensors, _use_new_zipfile_serialization=zipped) for zipped in (True, False)]
    return files


PACKED = {".gz": (gzip.decompress, gzip.compress), ".bz2": (bz2.decompress, bz2.compress)}


def mutate(rng, suffix, data, others):
    """A damaged file; of packed ones sometimes what is inside is damaged, and packed again."""
    last = "." + suffix.rsplit(".", 1)[1]
    if last in PACKED and rng.random() < 0.7:
        unpack, pack = PACKED[last]
        return pack(mutate(rng, ".csv", unpack(data), others))
    if data[:4] == b"PK\3\4" and rng.random() < 0.7:
        return repacked(rng, data, others)
    data = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        DAMAGES[rng.integers(len(DAMAGES))](rng, data, others)
        if not data:
            break
    return bytes(data)


def repacked(rng, data, others):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        damaged = names[rng.integers(len(names))]
        for name in names:
            inner = old.read(name)
            new.writestr(name, mutate(rng, ".npy", inner, others) if name == damaged and inner else inner)
    return out.getvalue()


def place(rng, data):
    """Somewhere in the data; often near its beginning or end, where headers are."""
    n = len(data)
    where = rng.random()
    if where < 0.4:
        return int(rng.integers(min(n, 200)))
    return int(n - 1 - rng.integers(min(n, 600))) if where < 0.7 else int(rng.integers(n))


def flip_bits(rng, data, others):
    for _ in range(rng.integers(1, 20)):
        at = place(rng, data)
        data[at] ^= 1 << int(rng.integers(8))


def overwrite(rng, data, others):
    at = place(rng, data)
    data[at : at + int(rng.integers(1, 60))] = rng.bytes(int(rng.integers(1, 60)))


def extreme_number(rng, data, others):
    width = int(rng.choice([1, 2, 4, 8]))
    number = EXTREME[rng.integers(len(EXTREME))] % (1 << 8 * width)
    at = place(rng, data)
    data[at : at + width] = number.to_bytes(width, "little")


def cut(rng, data, others):
    at, length = place(rng, data), int(rng.integers(1, max(2, len(data) // 3)))
    del data[at : at + (length if rng.random() < 0.5 else len(data))]


def repeat(rng, data, others):
    at, length = place(rng, data), int(rng.integers(1, max(2, len(data) // 3)))
    data[at:at] = data[at : at + length] * int(rng.choice([1, 2, 50]))


def splice(rng, data, others):
    other = others[rng.integers(len(others))]
    at, start = place(rng, data), int(rng.integers(len(other)))
    data[at : at + int(rng.integers(0, 300))] = other[start : start + int(rng.integers(1, 300))]


def insert_text(rng, data, others):
    for _ in range(rng.integers(1, 5)):
        at = place(rng, data)
        data[at : at + int(rng.integers(0, 4))] = TEXTS[rng.integers(len(TEXTS))]


def other_digits(rng, data, others):
    """Shapes and lengths that are written in digits, as in the header of an NPY file."""
    at = data.find(b"0123456789"[rng.integers(10)], place(rng, data))
    if at >= 0:
        data[at : at + 1] = str(EXTREME[rng.integers(len(EXTREME))]).encode()


DAMAGES = [flip_bits, overwrite, extreme_number, cut, repeat, splice, insert_text, other_digits]


class Reader:
    """A worker, started again when it died."""

    def __init__(self):
        self.process = None

    def read(self, path):
        """How reading a file ended, and the most memory it took."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        self.process.stdin.write(f"{path}\n".encode())
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], SECONDS_A_FILE)
        line = self.process.stdout.readline() if ready else b""
        if line:
            answer = json.loads(line)
            return answer["ended"], answer["bytes"]
        ended = "hang" if not ready else f"crash with {self.process.wait()}"
        self.close()
        return ended, 0

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def fuzz(folder, seed, go_on):
    """Damage and read files while ``go_on(count)``: counts by outcome, and what offended with the file's path."""
    rng = np.random.default_rng(seed)
    files = corpus()
    kinds = list(files)
    others = [data for group in files.values() for data in group]
    counts, offences, reader = Counter(), [], Reader()
    try:
        while go_on(counts.total()):
            suffix = kinds[rng.integers(len(kinds))]
            good = files[suffix][rng.integers(len(files[suffix]))]
            path = folder / f"{seed}-{counts.total()}{suffix}"
            path.write_bytes(mutate(rng, suffix, good, others))
            ended, most = reader.read(path)
            counts[ended if ended in ("read", "refused") else "offence"] += 1
            if most > MOST_BYTES:
                ended = f"{most >> 20} MB of memory"
            if ended in ("read", "refused"):
                path.unlink()
            else:
                offences.append(f"{path}: {ended}")
    finally:
        reader.close()
    return counts, offences


def test_the_corpus_itself_is_read(tmp_path):
    for suffix, group in corpus().items():
        for data in group:
            path = tmp_path / f"a{suffix}"
            path.write_bytes(data)
            source = open_source(path)
            batches = [columns for columns, _, _ in source.batches(list(source.columns), 1000)]
            assert sum(len(next(iter(columns.values()))) for columns in batches) == 120, path


def test_a_few_hundred_damaged_files(tmp_path):
    counts, offences = fuzz(tmp_path, 0, lambda count: count < 300)
    assert not offences, "\n".join(offences)
    assert counts["read"] > 10 and counts["refused"] > 100


@pytest.mark.long
def test_damaged_files_for_a_while(tmp_path):
    folder = Path(os.environ.get("ONEWARM_FUZZ_KEEP", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + float(os.environ.get("ONEWARM_FUZZ_SECONDS", "60"))
    seed = int(os.environ.get("ONEWARM_FUZZ_SEED", "1000"))
    results = []
    threads = [
        threading.Thread(target=lambda s=s: results.append(fuzz(folder, s, lambda count: time.monotonic() < end)))
        for s in range(seed, seed + min(4, os.cpu_count() or 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    offences = [text for _, some in results for text in some]
    counts = sum((c for c, _ in results), Counter())
    print(f"{counts.total()} damaged files, {dict(counts)}")
    assert not offences, "\n".join(offences)
    assert len(results) == len(threads)
