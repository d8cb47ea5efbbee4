"""Targets in the training loops of Lightning and Accelerate: moved, batched, never taken apart."""

import warnings

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import onewarm as ow

pytestmark = pytest.mark.long

LABELS = torch.arange(12) % 3
X = torch.nn.functional.one_hot(LABELS, 3).float()


def target():
    return ow.mix(ow.smooth(LABELS, 0.1, num_classes=3), ow.soft(torch.full((12, 3), 1 / 3)), 0.9)


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-6, atol=1e-7)


def test_lightning_fits_and_moves_a_batch_that_holds_a_target(tmp_path):
    """Lightning refused it: 'A frozen dataclass was passed to apply_to_collection'."""
    warnings.filterwarnings("ignore")  # of Lightning about loggers, workers and accelerators
    lightning = pytest.importorskip("lightning")
    from lightning_utilities.core.apply_func import apply_to_collection

    seen = []

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 3)

        def training_step(self, batch):
            seen.append(batch["target"])
            loss = ow.cross_entropy(self.layer(batch["x"]), batch["target"])
            self.log("loss", loss, batch_size=len(batch["target"]))
            return {"loss": loss, "target": batch["target"]}

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 1.0)

    rows = target()
    data = [{"x": x, "target": rows[i]} for i, x in enumerate(X)]
    model = Model()
    options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "accelerator": "cpu"}
    trainer = lightning.Trainer(max_epochs=20, default_root_dir=tmp_path, enable_model_summary=False, **options)
    trainer.fit(model, DataLoader(data, batch_size=5))
    assert [len(batch) for batch in seen[:3]] == [5, 5, 2]
    close(ow.concat(seen[:3]), rows)
    assert (model.layer(X).argmax(1) == LABELS).all()
    moved = lightning.fabric.utilities.move_data_to_device({"pair": (X, rows)}, torch.device("meta"))
    assert moved["pair"][1].device == torch.device("meta")
    kept = apply_to_collection({"x": X, "target": rows}, torch.Tensor, lambda tensor: tensor + 1)
    assert kept["target"] is rows and torch.equal(kept["x"], X + 1)


def test_accelerate_prepares_a_loader_and_moves_a_batch_that_holds_a_target():
    """``send_to_device`` left it where it was, without a word."""
    warnings.filterwarnings("ignore")  # of Accelerate about missing accelerators
    accelerate = pytest.importorskip("accelerate")
    from accelerate.utils import send_to_device

    moved = send_to_device({"pair": (X, target())}, torch.device("meta"), non_blocking=True)
    assert moved["pair"][1].device == moved["pair"][1].table.device == torch.device("meta")
    accelerator = accelerate.Accelerator(cpu=True)
    layer = torch.nn.Linear(3, 3)
    optimizer = torch.optim.SGD(layer.parameters(), 1.0)
    loader = DataLoader(TensorDataset(X, target()), batch_size=5)
    layer, optimizer, loader = accelerator.prepare(layer, optimizer, loader)
    for epoch in range(20):
        batches = list(loader)
        if epoch == 0:
            close(ow.concat([rows for _, rows in batches]), target())
        for x, rows in batches:
            optimizer.zero_grad()
            accelerator.backward(ow.cross_entropy(layer(x), rows))
            optimizer.step()
    assert (layer(X).argmax(1) == LABELS).all()
