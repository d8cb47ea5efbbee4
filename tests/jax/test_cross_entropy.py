"""The loss for arrays that lie on several devices, outside jit and inside."""

import os
import subprocess
import sys

CODE = """
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
import onewarm as ow
mesh = Mesh(np.array(jax.devices()).reshape(2, 2), ("rows", "classes"))
rng = np.random.default_rng(0)
z, y = rng.normal(size=(8, 6)).astype("f"), rng.integers(0, 6, 8)
z[3, 2], y[3], y[5] = -np.inf, 1, -100
counts = rng.integers(0, 4, (8, 6))
expected = ow.cross_entropy_with_gradient(z, ow.smooth(y, 0.1, num_classes=6))
by_rows = NamedSharding(mesh, P("rows"))
logits = jax.device_put(z, NamedSharding(mesh, P("rows", "classes")))
for labels in (jax.device_put(y, by_rows), jnp.asarray(y)):
    outside = ow.cross_entropy_with_gradient(logits, ow.smooth(labels, 0.1, num_classes=6))
    inside = jax.jit(jax.value_and_grad(lambda a, b: ow.cross_entropy(a, ow.smooth(b, 0.1, num_classes=6))))
    for found in (outside, inside(logits, labels)):
        for a, b in zip(found, expected):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)
votes = ow.votes(jax.device_put(counts, by_rows))
found = ow.cross_entropy(jax.device_put(z[:, ::-1], by_rows), votes, reduction="none")
np.testing.assert_allclose(found, ow.cross_entropy(z[:, ::-1], ow.votes(counts), reduction="none"), rtol=2e-5)
print(len(jax.devices()), "devices")
"""


def test_sharded_arrays_outside_jit():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run([sys.executable, "-W", "error", "-c", CODE], env=environment, capture_output=True, text=True)
    assert (run.stdout, run.returncode) == ("4 devices\n", 0), run.stderr[-2000:]
