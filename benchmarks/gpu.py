"""Loss and gradient on a GPU, compared with its peers: ``python -m benchmarks.gpu [--quick] [--out FOLDER]``.

Without a GPU it prints that and measures nothing. Every peer is checked against the float64 loss before it is timed;
those that are not installed, or that have no smoothing, are listed as skipped. A loss of ours that
makes a step wait for the GPU is reported, and ends the program with an error. The output is saved
under ``benchmarks/results/`` with the device's name and the date.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import re
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import onewarm as ow
from benchmarks.measure import Case, Timing, in_turns
from onewarm.kernels.triton import rows as cuda

ALPHA = 0.1
SIZES = ((8192, 32000), (4096, 128256), (32768, 1000))
SMALL = ((2048, 32000), (4096, 1000))
LINEAR = ((8192, 4096, 32000), (4096, 4096, 128256))  # N, D, V
SMALL_LINEAR = ((2048, 1024, 32000),)
DTYPE = torch.bfloat16
SECONDS, QUICK_SECONDS = 6.0, 1.0
PACKAGES = ("onewarm", "torch", "triton", "liger-kernel", "cut-cross-entropy", "quack-kernels")
NOT_HERE = "no GPU here (torch.cuda.is_available() is False): speed on a GPU is not measured"

Loss = Callable[..., Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", metavar="FOLDER")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print(NOT_HERE)
        return
    facts = machine()
    lines = [", ".join(f"{name} {value}" for name, value in facts.items()), ""]
    print(lines[0])
    report: dict[str, Any] = {"format": 1, "machine": facts, "quick": options.quick, "cases": []}
    waiting: list[str] = []
    for case in cases(options.quick):
        *_, timings = in_turns(case, QUICK_SECONDS if options.quick else SECONDS, most=200)
        peaks = {name: peak(work) for name, work in case.peers.items()}
        text, numbers = table(case, timings, peaks)
        for name in (name for name in case.peers if name.startswith("onewarm")):
            why = synchronisation(case.peers[name])
            text += f"  {name}: {f'WAITS for the GPU: {why}' if why else 'no wait for the GPU in a step'}\n"
            waiting += [f"{case.title}, {name}: {why}"] if why else []
        print(text)
        lines.append(text)
        report["cases"].append(numbers)
        torch.cuda.empty_cache()
    options.out.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", f"gpu {facts['device']} {facts['date']}".lower())
    for suffix, content in ((".json", json.dumps(report, indent=1) + "\n"), (".txt", "\n".join(lines) + "\n")):
        (options.out / (name + suffix)).write_text(content)
    print(f"saved as {options.out / name}.json and .txt")
    if waiting:
        raise SystemExit("\n".join(["a step waits for the GPU:", *waiting]))


def machine() -> dict[str, str]:
    """The device, the date, and the versions of the packages compared."""
    facts = {"device": torch.cuda.get_device_name(), "date": datetime.date.today().isoformat()}
    for package in PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "not installed"
    return facts


def cases(quick: bool) -> Iterator[Case]:
    """One case for each size; each is created when it is needed, so that only one holds memory."""
    for n, k in SMALL if quick else SIZES:
        yield loss_case(n, k)
    for n, d, v in SMALL_LINEAR if quick else LINEAR:
        yield linear_case(n, d, v)


def loss_case(n: int, k: int) -> Case:
    generator = torch.Generator("cuda").manual_seed(0)
    z = (torch.randn(n, k, device="cuda", generator=generator) * 3).to(DTYPE).requires_grad_()
    y = torch.randint(0, k, (n,), device="cuda", generator=generator)
    target = ow.smooth(y, ALPHA, num_classes=k)
    hard = ow.one_hot(y, k)
    prior = ow.smooth(y, ALPHA, prior=torch.softmax(torch.randn(k, device="cuda", generator=generator).double(), 0))
    named, shares = torch.softmax(z[: n // 8].detach().float(), 1).topk(16)[::-1]
    top = ow.top_k(named.repeat(8, 1), shares.repeat(8, 1), num_classes=k)
    out = torch.empty_like(z)
    truth = {ALPHA: reference(z, y, ALPHA), 0.0: reference(z, y, 0.0)}

    def kernel(target: ow.SoftTarget, out: Tensor) -> Callable[[], object]:
        parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
        return lambda: cuda.row_losses(z.detach(), *parts, row_scale=1 / n, out=out)

    def eager(x: Tensor) -> Tensor:
        return F.cross_entropy(x, y, label_smoothing=ALPHA)

    peers = Peers(truth, [z])
    peers.works["copy"] = lambda: out.copy_(z.detach())
    peers.works["kernel, smoothed"] = kernel(target, out)
    peers.works["kernel, hard"] = kernel(hard, out)
    peers.works["kernel, prior"] = kernel(prior, out)
    peers.works["kernel, top-16"] = kernel(top, out)
    peers.add("onewarm", lambda: lambda x: ow.cross_entropy(x, target))
    peers.add("PyTorch eager", lambda: eager)
    peers.add("PyTorch compiled", lambda: torch.compile(eager, dynamic=False))
    peers.add("Liger", lambda: _liger("LigerCrossEntropyLoss", lambda f: lambda x: f(x, y)))
    peers.add("quack, hard", lambda: _named("quack.cross_entropy", "cross_entropy", lambda f: lambda x: f(x, y)), 0.0)
    return Case(f"{n} x {k}", peers.waited_for(), peers.skipped)


def linear_case(n: int, d: int, v: int) -> Case:
    generator = torch.Generator("cuda").manual_seed(0)
    h = torch.randn(n, d, device="cuda", generator=generator).to(DTYPE).requires_grad_()
    w = (torch.randn(v, d, device="cuda", generator=generator) * 3 / d**0.5).to(DTYPE).requires_grad_()
    y = torch.randint(0, v, (n,), device="cuda", generator=generator)
    target, hard = ow.smooth(y, ALPHA, num_classes=v), ow.one_hot(y, v)
    with torch.no_grad():
        logits = h @ w.T
        truth = {ALPHA: reference(logits, y, ALPHA), 0.0: reference(logits, y, 0.0)}
        del logits

    def eager(x: Tensor, weight: Tensor) -> Tensor:
        return F.cross_entropy(x @ weight.T, y, label_smoothing=ALPHA)

    def products() -> Tensor:
        with torch.no_grad():
            g = h @ w.T
            g.T @ h
            gradient: Tensor = g @ w
            return gradient

    linear: Any = importlib.import_module("onewarm.torch").linear_cross_entropy
    cut, cut_name = "cut_cross_entropy", "linear_cross_entropy"
    peers = Peers(truth, [h, w])
    peers.works["three products"] = products
    peers.add("onewarm, smoothed", lambda: lambda x, weight: linear(x, weight, target))
    peers.add("onewarm, hard", lambda: lambda x, weight: linear(x, weight, hard), 0.0)
    peers.add("PyTorch eager", lambda: eager)
    peers.add("PyTorch compiled", lambda: torch.compile(eager, dynamic=False))
    peers.add("Liger", lambda: _liger("LigerFusedLinearCrossEntropyLoss", lambda f: lambda x, weight: f(weight, x, y)))
    peers.add("cut-cross-entropy, hard", lambda: _named(cut, cut_name, lambda f: lambda *x: f(*x, y)), 0.0)
    return Case(f"{n} x {d} x {v}, linear", peers.waited_for(), peers.skipped, copy="three products")


class Peers:
    """The peers that are installed and correct, and the reasons why the others are skipped."""

    def __init__(self, truth: dict[float, float], inputs: list[Tensor]) -> None:
        self.truth, self.inputs = truth, inputs
        self.works: dict[str, Callable[[], object]] = {}
        self.skipped: dict[str, str] = {}

    def add(self, name: str, find: Callable[[], Loss], alpha: float = ALPHA) -> None:
        """Loss and gradient of one peer; its loss must be within 1 % of the reference."""
        try:
            loss = find()
            got = float(loss(*self.inputs).detach().float().mean())
            self.works[name] = lambda: torch.autograd.grad(loss(*self.inputs).float().mean(), self.inputs)
            self.works[name]()
        except Exception as error:  # whatever a peer raises, the others are measured
            self.works.pop(name, None)
            self.skipped[name] = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
            return
        if abs(got - self.truth[alpha]) > 0.01 * abs(self.truth[alpha]):
            del self.works[name]
            self.skipped[name] = f"its loss is {got:.4f}, the true one {self.truth[alpha]:.4f}"

    def waited_for(self) -> dict[str, Callable[[], object]]:
        """The same calls, each followed by a synchronisation with the GPU."""

        def waiting(work: Callable[[], object]) -> Callable[[], object]:
            def synchronised() -> object:
                result = work()
                torch.cuda.synchronize()
                return result

            synchronised.alone = work  # type: ignore[attr-defined]  # for :func:`synchronisation`
            return synchronised

        return {name: waiting(work) for name, work in self.works.items()}


def reference(z: Tensor, y: Tensor, alpha: float) -> float:
    """The mean loss in float64, computed in blocks of rows."""
    parts = [
        F.cross_entropy(rows.double(), labels, label_smoothing=alpha, reduction="sum")
        for rows, labels in zip(torch.split(z.detach(), 256), torch.split(y, 256), strict=True)
    ]
    return float(sum(parts)) / len(y)


def peak(work: Callable[[], object]) -> int:
    """Peak GPU memory of one call, in bytes beyond the memory allocated before."""
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    work()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def synchronisation(work: Any) -> str:
    """What PyTorch says of the first place where a call waits for the GPU; "" if there is none."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        work.alone()
    except RuntimeError as error:
        return str(error).splitlines()[0]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return ""


def table(case: Case, timings: dict[str, Timing], peaks: dict[str, int]) -> tuple[str, dict[str, Any]]:
    """The case as text and as values for JSON."""
    head = f"{case.title}, {DTYPE}".replace("torch.", "")
    lines = [f"{head:<32}{'ms':>9}{'quartiles':>19}{case.copy:>16}{'MiB':>9}"]
    numbers: dict[str, Any] = {}
    for name, t in timings.items():
        (low, high), multiple = t.quartiles, t.median / timings[case.copy].median
        spread = f"{low * 1e3:.3f} - {high * 1e3:.3f}"
        lines.append(f"  {name:<30}{t.median * 1e3:9.3f}{spread:>19}{multiple:14.2f} x{peaks[name] / 2**20:9.0f}")
        numbers[name] = {"median_s": t.median, "quartiles_s": t.quartiles, "multiple": multiple, "bytes": peaks[name]}
    lines += [f"  {name}: left out: {why}" for name, why in case.skipped.items()]
    return "\n".join(lines) + "\n", {"case": case.title, "peers": numbers, "skipped": case.skipped}


def _named(module: str, name: str, use: Callable[[Any], Loss]) -> Loss:
    return use(getattr(importlib.import_module(module), name))


def _liger(name: str, use: Callable[[Any], Loss]) -> Loss:
    return _named("liger_kernel.transformers", name, lambda f: use(f(label_smoothing=ALPHA)))


if __name__ == "__main__":
    main()
