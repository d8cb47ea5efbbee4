"""The target value: for each row mass on a few named classes and on a few rows of a shared table, never (N, K)."""

from __future__ import annotations

import os
from typing import Any, NoReturn, Self

import numpy as np

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.errors import InputError
from onewarm.soft_target import files, moving
from onewarm.soft_target.indexing import row_index
from onewarm.soft_target.parts import PARTS, Parts, checked
from onewarm.soft_target.row_arrays import floor, is_broadcast, picked, rows_at, take, times


class SoftTarget:
    """Mass over K classes for each of N rows, in the caller's own arrays.

    ``t[i] = sum_j weight[i, j] onehot(index[i, j]) + sum_j table_weight[i, j] table[table_index[i, j]]``

    Most users make one with :func:`one_hot`, :func:`smooth`, :func:`votes`, :func:`top_k`, :func:`soft` or
    :func:`mix`. Targets mix, scale, index and concatenate into targets. Where all rows have the same weights, they may
    be a broadcast view of a single row: do not write to them.

    A row *has mass* when any of its weights is not zero. A row without mass is ignored: loss 0, gradient 0, its logits
    are not read, and the mean does not count it.

    A target is a sequence of its rows: it has a length, ends, and is indexed as the first axis of an array is, by a
    slice, integers or a mask of any library. One integer gives a target of one row, so that rows concatenate, and
    PyTorch's ``default_collate`` makes a batch of them. ``np.asarray`` gives the dense rows. Two targets are equal when
    they are the same object. Targets are pytrees of PyTorch and JAX; ``torch.load(weights_only=True)`` accepts them.

    Args:
        index: integers (N, J) in [0, K), the named classes of each row.
        weight: (N, J), the mass on each of them.
        table: (R, K) or None, rows that many targets share: a prior, a confusion matrix, a teacher.
        table_index: integers (N, T) in [0, R), the rows taken.
        table_weight: (N, T), the mass given to each.
        num_classes: K.

    Raises:
        TypeError: arrays of different libraries, or indices that are not integers.
        ValueError: shapes that disagree, or only a part of the three table arguments.

    Example:
        >>> import numpy as np
        >>> from onewarm.target import smooth
        >>> smooth(np.array([0, 2]), 0.3, num_classes=3).dense().round(2)
        array([[0.8, 0.1, 0.1],
               [0.1, 0.1, 0.8]])
    """

    index: Array
    weight: Array
    table: Array = None
    table_index: Array = None
    table_weight: Array = None
    num_classes: int
    _names: tuple[str, ...] = PARTS  # the leaves of a pytree
    _static: tuple[str, ...] = ("num_classes",)

    def __init__(
        self,
        *,
        index: Array,
        weight: Array,
        table: Array = None,
        table_index: Array = None,
        table_weight: Array = None,
        num_classes: int,
    ) -> None:
        self.__dict__.update(
            index=index,
            weight=weight,
            table=table,
            table_index=table_index,
            table_weight=table_weight,
            num_classes=num_classes,
        )
        self._checked()

    def _checked(self) -> Self:
        self.__dict__["num_classes"] = checked(self._parts(), self.num_classes)
        return self

    def __setattr__(self, name: str, value: Any = None) -> NoReturn:
        raise AttributeError(f"a SoftTarget cannot be changed: make another with .replace({name}=...)")

    __delattr__ = __setattr__

    def __len__(self) -> int:
        return int(self.index.shape[0])

    def __repr__(self) -> str:
        if not hasattr(self.index, "shape"):  # axes, specs or shardings: see layout
            return f"SoftTarget({', '.join(f'{name}={getattr(self, name)!r}' for name in PARTS)})"
        table = "" if self.table is None else f", table of {self.table.shape[0]}"
        return f"SoftTarget({len(self)} rows, {self.num_classes} classes, {self.index.shape[-1]} named a row{table})"

    def __getitem__(self, rows: Any) -> Self:
        """Some of the rows, as a target that shares the table: by an integer, a slice, integers or a mask.

        Also ``T[rows, ...]`` and ``T[rows, :]``. Arrays may be of any library; lists will do.

        Raises:
            IndexError: a row past either end, a mask of another length, an index that is no integer.

        Example:
            >>> import numpy as np
            >>> from onewarm.target import one_hot
            >>> target = one_hot(np.array([2, 0, 1]), 3)
            >>> [len(target[key]) for key in (0, slice(1, None), [0, -1], np.array([True, False, True]))]
            [1, 2, 2, 2]
        """
        key = row_index(rows, int(self.index.shape[0]), self.index)
        taken = {"index": picked(self.index, key)}
        count = int(taken["index"].shape[0])
        for name in set(self._names) - {"index", "table"}:
            part = getattr(self, name)
            taken[name] = None if part is None else rows_at(part, key, count)
        return self._with(**taken)

    def replace(self, **parts: Any) -> Self:
        """The target with other parts, such as ``weight=``, checked as when it is made."""
        for name in set(parts) - {*self._names, "num_classes"}:
            raise TypeError(f"a SoftTarget has no part {name!r}: expected {', '.join(PARTS)} or num_classes")
        return self._with(**parts)._checked()

    __replace__ = replace  # copy.replace of Python 3.13

    def _with(self, **parts: Any) -> Self:
        """The target with other parts that fit by construction."""
        changed = object.__new__(type(self))
        changed.__dict__.update(self.__dict__)
        changed.__dict__.update(parts)
        return changed

    @property
    def shape(self) -> tuple[int, int]:
        """(N, K), as of the dense rows."""
        return int(self.index.shape[0]), self.num_classes

    ndim = 2  # rows and classes

    def size(self, dim: int | None = None) -> Any:
        """``shape``, or one entry of it, as of a tensor: ``torch.utils.data.TensorDataset`` asks for ``size(0)``."""
        return self.shape if dim is None else self.shape[dim]

    @property
    def dtype(self) -> Any:
        """That of the weights and of :meth:`dense`; a table keeps its own."""
        return self.weight.dtype

    @property
    def device(self) -> Any:
        """Where the arrays are."""
        return checks.place(self.weight)

    def to(self, *args: Any, **options: Any) -> Self:
        """The target on another device, or with another floating dtype, as of a tensor; indices keep their dtype.

        Args:
            args: a device, a dtype, both, or a tensor or target to be like.
            options: as of a tensor: ``device``, ``dtype``, ``non_blocking``, ``copy``.

        Raises:
            TypeError: a dtype that is not floating; NumPy arrays and a device that is not the CPU.

        Example:
            >>> import numpy as np
            >>> from onewarm.target import one_hot
            >>> one_hot(np.array([0, 1]), 2).to(np.float32).dtype
            dtype('float32')
        """
        return self._with(**moving.to(self._parts(), *args, **options))

    def cpu(self) -> Self:
        """The target in the CPU's memory."""
        return self._with(**moving.to_cpu(self._parts()))

    def cuda(self, device: Any = None, non_blocking: bool = False) -> Self:
        """The target on a GPU, by default the current one."""
        return self.to("cuda" if device is None else device, non_blocking=non_blocking)

    def pin_memory(self, device: Any = None) -> Self:
        """The target in page-locked memory, from which a copy to a GPU can run beside other work; tensors only."""
        return self._with(**moving.pinned(self._parts()))

    def layout(self, rows: Any, table: Any) -> Self:
        """One value in place of each array by row and another for the table: the axes, specs or shardings JAX asks for.

        ``jax.vmap(f, in_axes=(0, T.layout(0, None)))``, ``shard_map(..., in_specs=(P("data"), T.layout(P("data"),
        P())))`` and ``jax.device_put(T, T.layout(by_row, replicated))``. The table stays whole: its rows are shared.
        """
        return self._with(
            **{n: None if v is None else table if n == "table" else rows for n, v in self._parts().items()}
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The dense rows as a new NumPy array. JAX' functions take it too; inside ``jax.jit`` call :meth:`dense`."""
        if copy is False:
            raise InputError("the dense rows of a target are always a new array: leave copy=False out")
        return np.asarray(moving.as_numpy(self.dense()), dtype=dtype)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the target to ``path``, atomically: NPZ without pickles, or Parquet for a name in ``.parquet``.

        In a Parquet file each row of the target is one. Table rows that no row takes are left out; everything else,
        dtypes too, comes back from :meth:`load` to the bit.

        Raises:
            ValueError: a name that ends in neither.
            MissingExtraError: Parquet without PyArrow.
        """
        files.save(self._parts(), self.num_classes, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, library: str | None = None) -> Self:
        """A target that :meth:`save` wrote, in the CPU's memory; loading runs no code from the file.

        Args:
            path: the file.
            library: of the arrays, ``"numpy"``, ``"torch"`` or ``"jax"``; by default the one that was saved.

        Raises:
            ValueError: a file that is damaged or of something else.
            MissingExtraError: the library, or for Parquet PyArrow, is not installed.

        Example:
            >>> import tempfile, numpy as np
            >>> from onewarm.target import smooth
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     smooth(np.array([0, 2]), 0.3, num_classes=3).save(f"{folder}/targets.npz")
            ...     SoftTarget.load(f"{folder}/targets.npz")
            SoftTarget(2 rows, 3 classes, 1 named a row, table of 1)
        """
        parts, num_classes = files.load(path, library)
        return cls(num_classes=num_classes, **parts)

    def _parts(self) -> Parts:
        return {name: getattr(self, name) for name in self._names}

    def scale(self, row_weight: Any) -> Self:
        """Each row's mass times a sample weight: a finite number, or one per row.

        Example:
            >>> import numpy as np
            >>> from onewarm.target import one_hot
            >>> one_hot(np.array([0, 1]), 2).scale(np.array([2.0, 0.5])).mass()
            array([2. , 0.5])
        """
        w = checks.per_row(row_weight, self.index.shape[0], "row_weight", self.weight)[:, None]
        scaled = {"weight": times(self.weight, w)}
        if self.table is not None:
            scaled["table_weight"] = times(self.table_weight, w)
        return self._with(**scaled)

    def reweight(self, class_weight: Array) -> Self:
        """Each class's mass times the weight of that class: what ``weight=`` means to ``torch.nn.CrossEntropyLoss``.

        ``t[i, k] <- class_weight[k] t[i, k]``. Torch's mean over index labels divides by the weights of the labels:
        that is ``normalizer="mass"`` for one-hot targets. Before you weight *smoothed* targets, note that the smoothed
        mass is weighted too: with weights (1, 1, 1, 1000) and alpha .1 the heavy class wins every row.

        Args:
            class_weight: (K,), finite and not negative.

        Example:
            >>> import numpy as np
            >>> from onewarm.target import one_hot
            >>> one_hot(np.array([0, 1]), 2).reweight(np.array([1.0, 3.0])).dense()
            array([[1., 0.],
                   [0., 3.]])
        """
        class_weight = checks.as_array(class_weight, self.weight)
        xp = checks.namespace(weight=self.weight, class_weight=class_weight)
        if tuple(class_weight.shape) != (self.num_classes,):
            raise InputError(f"class_weight has shape {tuple(class_weight.shape)}: expected ({self.num_classes},)")
        if (bad := checks.first_true(~xp.isfinite(class_weight) | (class_weight < 0))) is not None:
            value = checks.item(class_weight, bad)
            raise InputError(f"class_weight[{bad[0]}] is {value:g}: expected a finite weight, not negative")
        class_weight = xp.astype(class_weight, self.weight.dtype)
        changed = {"weight": self.weight * take(xp, class_weight, self.index)}
        if self.table is not None:
            changed["table"] = self.table * xp.astype(class_weight, self.table.dtype)[None, :]
        return self._with(**changed)

    def mass(self) -> Array:
        """Total mass of each row, ``s[i] = sum_k t[i, k]``, shape (N,): 1 for an unweighted target, 0 if ignored."""
        xp = array_namespace(self.weight)
        if self.table is None and is_broadcast(self.weight):
            return xp.broadcast_to(xp.sum(self.weight[:1], axis=1), (self.index.shape[0],))
        total = xp.sum(self.weight, axis=1)
        if self.table is None:
            return total
        sums = xp.sum(self.table, axis=1, dtype=self.weight.dtype)
        return total + xp.sum(self.table_weight * take(xp, sums, self.table_index), axis=1)

    def has_mass(self) -> Array:
        """Which rows have mass, shape (N,) of bool: those with any weight that is not zero."""
        xp = array_namespace(self.weight)
        named = xp.any(self.weight != 0, axis=1)
        return named if self.table is None else named | xp.any(self.table_weight != 0, axis=1)

    def dense(self) -> Array:
        """The target as a dense array, shape (N, K): for inspection, tests and small K."""
        xp = array_namespace(self.weight)
        classes = xp.arange(self.num_classes, dtype=self.index.dtype, device=device(self.index))
        rows = xp.zeros((self.index.shape[0], self.num_classes), dtype=self.weight.dtype, device=device(self.weight))
        for j in range(self.index.shape[1]):
            rows = rows + xp.where(self.index[:, j, None] == classes, self.weight[:, j, None], 0.0)
        for row, weight in self.table_parts():
            rows = rows + weight * xp.astype(row, rows.dtype)
        return rows

    def table_parts(self) -> list[tuple[Array, Array]]:
        """The table's part as T pairs: rows (N or 1, K) and their weights (N, 1)."""
        if self.table is None or self.table_index is None or self.table_weight is None:
            return []
        xp = array_namespace(self.weight)
        single = self.table.shape[0] == 1
        return [
            (
                self.table if single else xp.take(self.table, self.table_index[:, j], axis=0),
                self.table_weight[:, j, None],
            )
            for j in range(self.table_index.shape[1])
        ]

    def entropy(self) -> Array:
        """The lowest loss each row allows, ``-sum_k t_k log(t_k / s)``, shape (N,), in nats, at softmax(z) = t / s.

        For a row of mass 1 this is the entropy of the row. A row with a negative entry has no lowest loss: -inf.

        Example:
            >>> import numpy as np
            >>> from onewarm.target import smooth
            >>> smooth(np.array([0]), 0.1, num_classes=10).entropy().round(4)
            array([0.5003])

        Source: Szegedy et al. 2016, section 7 (the decomposition); the floor is Gibbs' inequality.
        """
        xp = array_namespace(self.weight)
        chunk = max(1, 2**22 // self.num_classes)  # dense rows at a time: bounded memory at any N
        parts = [floor(xp, self[i : i + chunk].dense()) for i in range(0, max(len(self), 1), chunk)]
        return parts[0] if len(parts) == 1 else xp.concat(parts)
