"""The target value: for each row mass on a few named classes and on a few rows of a shared table, never (N, K)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.errors import InputError
from onewarm.soft_target.row_arrays import is_broadcast, take, times


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SoftTarget:
    """Mass over K classes for each of N rows, in the caller's own arrays.

    ``t[i] = sum_j weight[i, j] onehot(index[i, j]) + sum_j table_weight[i, j] table[table_index[i, j]]``

    Most users make one with :func:`one_hot`, :func:`smooth`, :func:`votes`, :func:`top_k`, :func:`soft` or
    :func:`mix`. Targets mix, scale, index and concatenate into targets. Where all rows have the same weights, they may
    be a broadcast view of a single row: do not write to them.

    A row *has mass* when any of its weights is not zero. A row without mass is ignored: loss 0, gradient 0, its logits
    are not read, and the mean does not count it.

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

    def __post_init__(self) -> None:
        parts = {name: getattr(self, name) for name in ("index", "weight", "table", "table_index", "table_weight")}
        xp = checks.namespace(**parts)
        if type(self.num_classes) is not int or self.num_classes < 1:
            object.__setattr__(self, "num_classes", checks.count(self.num_classes, "num_classes"))
        given = [name for name in ("table", "table_index", "table_weight") if parts[name] is not None]
        if len(given) not in (0, 3):
            raise InputError(f"only {' and '.join(given)} given: table, table_index and table_weight go together")
        for name, weight_name in (("index", "weight"), ("table_index", "table_weight")):
            index, weight = parts[name], parts[weight_name]
            if index is None:
                continue
            if len(index.shape) != 2 or tuple(index.shape) != tuple(weight.shape):
                raise InputError(
                    f"{name} has shape {tuple(index.shape)} and {weight_name} {tuple(weight.shape)}: "
                    "expected the same two-dimensional shape"
                )
            if not xp.isdtype(index.dtype, "integral"):
                raise TypeError(f"{name} has dtype {index.dtype}: expected integers")
        if self.table is not None:
            if len(self.table.shape) != 2 or self.table.shape[1] != self.num_classes:
                raise InputError(
                    f"table has shape {tuple(self.table.shape)}: expected rows of num_classes = {self.num_classes}"
                )
            if self.table_index.shape[0] != self.index.shape[0]:
                raise InputError(
                    f"table_index has {self.table_index.shape[0]} rows, index has "
                    f"{self.index.shape[0]}: one row of each an example"
                )

    def __len__(self) -> int:
        return int(self.index.shape[0])

    def __repr__(self) -> str:
        table = "" if self.table is None else f", table of {self.table.shape[0]}"
        return f"SoftTarget({len(self)} rows, {self.num_classes} classes, {self.index.shape[1]} named a row{table})"

    def __getitem__(self, rows: Any) -> Self:
        """Some of the rows, by slice, integers or mask; the table stays shared. One integer gives a target of one row.

        Raises:
            IndexError: an integer past either end.
        """
        row = rows if isinstance(rows, int) else None if isinstance(rows, slice) else checks.number(rows)
        if isinstance(row, int) and not isinstance(row, bool):
            if not -len(self) <= row < len(self):
                raise IndexError(f"row {row} of a target of {len(self)} rows")
            rows = slice(row, row + 1 or None)
        taken = {"index": self.index[rows], "weight": self.weight[rows]}
        if self.table is not None:
            taken |= {"table_index": self.table_index[rows], "table_weight": self.table_weight[rows]}
        return replace(self, **taken)

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
        return replace(self, **scaled)

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
        return replace(self, **changed)

    def mass(self) -> Array:
        """Total mass of each row, ``s[i] = sum_k t[i, k]``, shape (N,): 1 for an unweighted target, 0 if ignored."""
        xp = array_namespace(self.weight)
        if self.table is None and is_broadcast(self.weight):
            return xp.broadcast_to(xp.sum(self.weight[:1], axis=1), (self.index.shape[0],))
        total = xp.sum(self.weight, axis=1)
        if self.table is None:
            return total
        sums = xp.astype(xp.sum(self.table, axis=1), self.weight.dtype)
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
        parts = [_entropy(xp, self[i : i + chunk].dense()) for i in range(0, max(len(self), 1), chunk)]
        return parts[0] if len(parts) == 1 else xp.concat(parts)


def _entropy(xp: Any, rows: Array) -> Array:
    mass = xp.sum(rows, axis=1, keepdims=True)
    positive = rows > 0
    share = xp.where(positive, rows, 1.0) / xp.where(mass > 0, mass, 1.0)
    floor = 0.0 - xp.sum(xp.where(positive, rows * xp.log(xp.where(positive, share, 1.0)), 0.0), axis=1)  # never -0
    return xp.where(xp.any(rows < 0, axis=1), -xp.inf, floor)
