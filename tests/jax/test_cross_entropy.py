"""The loss for arrays that lie on several devices, outside jit and inside."""

import os
import subprocess
import sys

CODE = """
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
import onewarm as ow
assert len(jax.devices()) == 4
mesh = Mesh(np.array(jax.devices()).reshape(2, 2), ("rows", "classes"))
rng = np.random.default_rng(0)
z, y = rng.normal(size=(8, 6)).astype("f"), rng.integers(0, 6, 8)
z[3, 2], y[3], y[5] = -np.inf, 1, -100
p, prior = rng.dirichlet(np.ones(6), 8).astype("f"), rng.dirichlet(np.ones(6)).astype("f")
counts = rng.integers(0, 4, (8, 6))
p[3, 2] = 0
p /= p.sum(1, keepdims=True)
for spec in (P("rows"), P(None, "classes"), P("rows", "classes"), P()):
    logits = jax.device_put(z, NamedSharding(mesh, spec))
    labels = jax.device_put(y, NamedSharding(mesh, P("rows")))
    for where in (labels, jnp.asarray(y)):
        makers = {
            "hard": lambda v: v,
            "smooth": lambda v: ow.smooth(v, 0.1, num_classes=6),
            "prior": lambda v: ow.smooth(v, 0.1, prior=jnp.asarray(prior)),
            "mix": lambda v: ow.mix(ow.smooth(v, 0.1, num_classes=6), ow.one_hot(v, 6), 0.5),
        }
        for name, make in makers.items():
            expected = ow.cross_entropy_with_gradient(z, {"hard": y, "smooth": ow.smooth(y, 0.1, num_classes=6),
                "prior": ow.smooth(y, 0.1, prior=prior),
                "mix": ow.mix(ow.smooth(y, 0.1, num_classes=6), ow.one_hot(y, 6), 0.5)}[name])
            outside = ow.cross_entropy_with_gradient(logits, make(where))
            inside = jax.jit(jax.value_and_grad(lambda a, b: ow.cross_entropy(a, make(b))))(logits, where)
            for found in (outside, inside, (ow.cross_entropy(logits, make(where)), expected[1])):
                for a, b in zip(found, expected):
                    np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)
    shares = jax.device_put(p, NamedSharding(mesh, P("rows")))
    np.testing.assert_allclose(ow.cross_entropy(logits, shares), ow.cross_entropy(z, p), rtol=1e-5)
    votes = ow.votes(jax.device_put(counts, NamedSharding(mesh, P("rows"))))
    np.testing.assert_allclose(votes.dense(), ow.votes(counts).dense(), rtol=1e-6)
    ow.cross_entropy(logits, ow.smooth(votes, 0.1), reduction="none")
print("right")
"""


def test_sharded_arrays_outside_jit():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run([sys.executable, "-W", "error", "-c", CODE], env=environment, capture_output=True, text=True)
    assert (run.stdout, run.returncode) == ("right\n", 0), run.stderr[-2000:]
