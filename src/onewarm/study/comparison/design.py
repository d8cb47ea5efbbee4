"""What the seeds of a study repeat, and so of what its intervals speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from onewarm.study.data.splits import Sampling


@dataclass(frozen=True)
class Design:
    """How seeds differ, and the sizes of their parts: (train, validation, test)."""

    sampling: Sampling
    sizes: tuple[int, int, int]

    @classmethod
    def of(cls, dataset: Mapping[str, Any]) -> Design:
        """The design of a data set, from its part of a report.

        >>> Design.of({"sampling": "resplit", "train": 60, "validation": 20, "test": 20}).ratio
        0.25
        """
        sampling: Sampling = dataset["sampling"]
        assert sampling in get_args(Sampling)
        return cls(sampling, (dataset["train"], dataset["validation"], dataset["test"]))

    @property
    def ratio(self) -> float:
        """Nadeau and Bengio's: test rows to all others where one set of rows is split anew, 0 elsewhere.

        The differences of two splits of the same rows are correlated; the variance of the mean of n is then taken to be
        s^2 (1/n + ratio), and not s^2 / n.

        Nadeau, Bengio, Inference for the Generalization Error, Machine Learning 52 (2003), section 3.
        """
        train, validation, test = self.sizes
        return test / (train + validation) if self.sampling == "resplit" else 0.0

    @property
    def shared_rows(self) -> int:
        """The rows that all seeds share: the file that each splits anew, or else the test rows.

        >>> Design("resplit", (60, 20, 20)).shared_rows, Design("fixed", (60, 20, 20)).shared_rows
        (100, 20)
        """
        return sum(self.sizes) if self.sampling == "resplit" else self.sizes[2]

    @property
    def scope(self) -> str:
        """Of what the intervals speak, what they assume, and what would make them narrower."""
        train, validation, test = self.sizes
        rows = train + validation + test
        if self.sampling == "fresh":
            return (
                f"Each seed draws new rows: the intervals speak of new data from the same source, {train:,} rows to "
                f"train on and {validation:,} to stop and fit a temperature on."
            )
        if self.sampling == "resplit":
            return (
                f"Each seed splits the same {rows:,} rows anew: the intervals speak of a new file of this size from "
                "the same source, and are widened for what the splits share (Nadeau and Bengio's corrected t). Rows "
                "are taken as independent, or whole groups where these are kept together. Four times the rows make the "
                "intervals half as wide; from 10 seeds to 30 they narrow by about a quarter, and then hardly; those of "
                "one split of your own are narrower where they need speak of its training rows alone."
            )
        return (
            "All seeds share one split: the intervals speak of training again on these training rows, and of new test "
            "rows from the same source; they do not speak of other training rows. Test rows are taken as independent: "
            "where they are not, as rows close in time or of one group, the intervals are too narrow."
        )
