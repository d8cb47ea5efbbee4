"""PyTorch's own samples for cross-entropy, run on the drop-in: ``python pytorch_samples.py CHECK ...``.

Prints one line of JSON for each CHECK (a function here): how many samples ran, and the error of each that failed. They
come from ``torch.testing._internal``, whose import turns off some of PyTorch's flags: hence a process of their own.
"""

from __future__ import annotations

import copy
import json
import pickle
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from onewarm.torch import CrossEntropyLoss, nn_cross_entropy

LACKS = "torch.testing._internal lacks"
try:
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.common_modules import module_db

    OP: Any = next(op for op in op_db if op.name == "nn.functional.cross_entropy")
    MODULE: Any = next(info for info in module_db if info.module_cls is nn.CrossEntropyLoss)
except (ImportError, StopIteration) as error:
    print(f"{LACKS} {error or 'the entries of cross-entropy'}")
    sys.exit()

Samples = Iterator[tuple[str, Callable[[], object]]]
EPSILON = {torch.float16: 1e-3, torch.bfloat16: 8e-3, torch.float32: 2e-6, torch.float64: 1e-12}


def op_samples(dtype: torch.dtype, requires_grad: bool = True) -> Iterator[tuple[str, Any]]:
    torch.manual_seed(0)
    for at, sample in enumerate(OP.sample_inputs("cpu", dtype, requires_grad=requires_grad)):
        target = sample.args[0]
        form = "probabilities" if target.is_floating_point() else "labels"
        names = " ".join(f"{k}={v.tolist() if isinstance(v, Tensor) else v}" for k, v in sample.kwargs.items())
        yield f"{at} {dtype} {tuple(sample.input.shape)} {form} {names}", sample


def leaves(sample: Any) -> list[Tensor]:
    """The tensors that require a gradient."""
    return [x for x in (sample.input, *sample.args) if x.requires_grad]


def wide(value: Any) -> Any:
    if isinstance(value, Tensor) and value.is_floating_point():
        return value.detach().double().requires_grad_(value.requires_grad)
    return value


def agree(ours: Tensor, inputs: list[Tensor], theirs: Tensor, wides: list[Tensor], dtype: torch.dtype) -> None:
    """The loss to float32 at least, the gradients to their dtype, both against float64."""
    exact = min(EPSILON[dtype], 2e-6)
    torch.testing.assert_close(ours.double(), theirs, rtol=exact, atol=exact, equal_nan=True)
    above = torch.linspace(-1, 2, theirs.numel(), dtype=torch.float64).reshape(theirs.shape)
    slopes = torch.autograd.grad(ours, inputs, above.to(ours.dtype))
    for slope, wanted, x in zip(slopes, torch.autograd.grad(theirs, wides, above), inputs, strict=True):
        assert slope.dtype == x.dtype and slope.shape == x.shape
        near = EPSILON[dtype]
        torch.testing.assert_close(slope.double(), wanted, rtol=near, atol=near * wanted.abs().max().item())


def against_float64(change: Callable[[Any], Any], call: Callable[..., Tensor] = nn_cross_entropy) -> Samples:
    for dtype in sorted(OP.dtypes, key=str):
        for name, original in op_samples(dtype):
            changed = change(original)

            def check(sample: Any = changed, dtype: torch.dtype = dtype) -> None:
                truth = sample.transform(wide)
                theirs = F.cross_entropy(truth.input, *truth.args, **truth.kwargs)
                ours = call(sample.input, *sample.args, **sample.kwargs)
                agree(ours, leaves(sample), theirs, leaves(truth), dtype)

            yield name, check


def op_values_and_gradients() -> Samples:
    return against_float64(lambda sample: sample)


def op_noncontiguous() -> Samples:
    return against_float64(lambda sample: sample.noncontiguous())


def op_negative_views() -> Samples:
    def negative(x: Any) -> Any:
        if not (isinstance(x, Tensor) and x.is_floating_point()):
            return x
        view = torch._neg_view(-x.detach())
        return view.requires_grad_(x.requires_grad)

    return against_float64(lambda sample: sample.transform(negative))


def op_compiled() -> Samples:
    torch._dynamo.reset()
    torch._dynamo.config.cache_size_limit = 1000
    return against_float64(
        lambda sample: sample, torch.compile(nn_cross_entropy, backend="aot_eager", fullgraph=True, dynamic=False)
    )


def op_traced() -> Samples:
    for name, sample in op_samples(torch.float32):

        def check(sample: Any = sample) -> None:
            def call(x: Tensor, y: Tensor) -> Tensor:
                return nn_cross_entropy(x, y, **sample.kwargs)

            inputs = (sample.input, *sample.args)
            ours: Tensor = torch.jit.trace(call, inputs, check_trace=False)(*inputs)
            truth = sample.transform(wide)
            theirs = F.cross_entropy(truth.input, *truth.args, **truth.kwargs)
            agree(ours, leaves(sample), theirs, leaves(truth), torch.float32)

        yield name, check


def op_fake_tensors() -> Samples:
    from torch._subclasses.fake_tensor import FakeTensorMode

    for dtype in sorted(OP.dtypes, key=str):
        for name, sample in op_samples(dtype, requires_grad=False):

            def check(sample: Any = sample) -> None:
                real = nn_cross_entropy(sample.input, *sample.args, **sample.kwargs)
                with FakeTensorMode() as mode:
                    fake = sample.transform(lambda x: mode.from_tensor(x) if isinstance(x, Tensor) else x)
                    value = nn_cross_entropy(fake.input, *fake.args, **fake.kwargs)
                assert (value.shape, value.dtype) == (real.shape, real.dtype)

            yield name, check


def derivatives(second: bool, **options: bool) -> Samples:
    """Against finite differences, by PyTorch's own checks."""
    for name, sample in op_samples(torch.float64):

        def check(sample: Any = sample) -> None:
            fixed = [x for x in sample.args if not x.requires_grad]

            def call(*inputs: Tensor) -> Tensor:
                return nn_cross_entropy(*inputs, *fixed, **sample.kwargs)

            test = torch.autograd.gradgradcheck if second else torch.autograd.gradcheck
            assert test(call, tuple(leaves(sample)), **options)

        yield name, check


def op_gradients_batched_and_forward() -> Samples:
    batched = {"check_batched_grad": True, "check_batched_forward_grad": True}
    return derivatives(False, check_forward_ad=True, check_undefined_grad=True, **batched)


def op_second_derivatives() -> Samples:
    return derivatives(True, check_batched_grad=True, check_undefined_grad=True)


def op_forward_over_reverse() -> Samples:
    return derivatives(True, check_fwd_over_rev=True, check_rev_over_rev=False, check_undefined_grad=False)


def op_vmap() -> Samples:
    """``vmap`` of three copies, and per-sample gradients through it."""
    for name, sample in op_samples(torch.float64):

        def check(sample: Any = sample) -> None:
            def call(x: Tensor, y: Tensor) -> Tensor:
                return nn_cross_entropy(x, y, **sample.kwargs).sum()

            x, y = sample.input.detach(), sample.args[0].detach()
            many = torch.stack([x, 2 * x, x - 1]), torch.stack([y] * 3)
            slopes, values = torch.vmap(torch.func.grad_and_value(call))(*many)
            for slope, value, one in zip(slopes, values, many[0], strict=True):
                leaf = one.clone().requires_grad_()
                wanted = F.cross_entropy(leaf, y, **sample.kwargs).sum()
                torch.testing.assert_close(value, wanted.detach())
                torch.testing.assert_close(slope, torch.autograd.grad(wanted, leaf)[0])

        yield name, check


def module_samples(dtype: torch.dtype) -> Iterator[tuple[str, Any]]:
    torch.manual_seed(0)
    inputs = MODULE.module_inputs_func(MODULE, device="cpu", dtype=dtype, requires_grad=True, training=True)
    for sample in inputs:
        made, forward = sample.constructor_input, sample.forward_input
        # One tensor of the samples is no leaf: its gradient would go to another tensor.
        forward.args = [x.detach().requires_grad_(x.requires_grad) for x in forward.args]
        yield f"{dtype} {sample.desc}", (CrossEntropyLoss(*made.args, **made.kwargs).to(dtype), sample)


def module_forward() -> Samples:
    """Against PyTorch's written-out reference: fresh, pickled, copied and in eval, and from its state."""
    for dtype in MODULE.dtypes:
        for name, (module, sample) in module_samples(dtype):

            def check(module: Any = module, sample: Any = sample, dtype: torch.dtype = dtype) -> None:
                made, (x, y) = sample.constructor_input, sample.forward_input.args
                again = CrossEntropyLoss(*made.args, **made.kwargs).to(dtype)
                again.load_state_dict(module.state_dict())
                wx, wy = wide(x), wide(y)
                inputs, wides = ([t for t in pair if t.requires_grad] for pair in ((x, y), (wx, wy)))
                for each in (module, pickle.loads(pickle.dumps(module)), copy.deepcopy(module).eval(), again):
                    assert "CrossEntropyLoss(" in repr(each)
                    theirs = nn.CrossEntropyLoss(*made.args, **made.kwargs).double()(wx, wy)
                    agree(each(x, y), inputs, theirs, wides, dtype)
                narrow = sample.reference_fn(module, x.detach(), y.detach())  # float32's, from their own tests
                if dtype in (torch.float32, torch.float64):
                    torch.testing.assert_close(module(x, y).detach(), narrow, rtol=1e-4, atol=1e-4, equal_nan=True)

            yield name, check


def module_gradients() -> Samples:
    for name, (module, sample) in module_samples(torch.float64):
        if sample.forward_input.args[0].numel() > 400:
            continue  # finite differences of each entry, as PyTorch's test has them, take minutes

        def check(module: Any = module, sample: Any = sample) -> None:
            x, y = sample.forward_input.args
            inputs = tuple(t for t in (x, y) if t.requires_grad)
            if module(x, y).isnan().any():
                return  # every label is the ignored one: NaN has no derivative
            fixed = [t for t in (x, y) if not t.requires_grad]
            assert torch.autograd.gradcheck(lambda *t: module(*t, *fixed), inputs, fast_mode=True)
            assert torch.autograd.gradgradcheck(lambda *t: module(*t, *fixed), inputs, fast_mode=True)

        yield name, check


def module_errors() -> Samples:
    make = getattr(MODULE, "module_error_inputs_func", None)
    if make is None:
        return
    for dtype in (torch.float32, torch.float64):
        for case in make(MODULE, device="cpu", dtype=dtype, requires_grad=False, training=True):

            def check(case: Any = case) -> None:
                made, forward = case.module_error_input.constructor_input, case.module_error_input.forward_input
                try:
                    CrossEntropyLoss(*made.args, **made.kwargs)(*forward.args, **forward.kwargs)
                except case.error_type as error:
                    if not re.search(case.error_regex, str(error)):
                        raise AssertionError(f"another text: {error}") from error
                except (TypeError, ValueError) as error:
                    raise AssertionError(f"another type: {type(error).__name__}: {error}") from error
                else:
                    raise AssertionError("no error")

            yield f"{dtype} {case.error_type.__name__}: {case.error_regex}", check


def run(samples: Samples) -> dict[str, Any]:
    failed, count = {}, 0
    for name, check in samples:
        count += 1
        try:
            check()
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"[:2000]
    return {"samples": count, "failed": failed}


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # PyTorch deprecates what its own tests use
    torch.set_num_threads(1)
    for what in sys.argv[1:]:
        print(json.dumps({"check": what, **run(globals()[what]())}), flush=True)
