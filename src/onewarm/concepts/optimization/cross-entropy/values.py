"""Every number of the page, from the library or from its definition; in nats where the name does not say bits."""

import numpy as np

import onewarm as ow

_votes = np.array([[12.0, 5.0, 2.0, 1.0]])  # twenty answers: cat, lynx, dog, truck
_logits = [3.0, 1.0, -0.5, -1.0]


def _parts(logits, votes=_votes):
    """The loss of one prediction, its parts, and what each class costs."""
    target = ow.votes(np.asarray(votes, dtype=float).reshape(1, -1))
    z = np.array([logits], dtype=float)
    loss, gradient = ow.cross_entropy_with_gradient(z, target)
    t = target.dense()[0]
    surprise = np.array([ow.cross_entropy(z, np.array([k])) for k in range(len(t))])
    own = -np.log(np.where(t > 0, t, 1))  # the surprise if the model said t
    terms = t * (surprise - own)
    entropy = float(target.entropy()[0])
    return {
        "loss": float(loss),
        "entropy": entropy,
        "divergence": float(loss) - entropy,
        "extra": float(terms[terms > 0].sum()),
        "saving": float(-terms[terms < 0].sum()),
        "p": np.exp(-surprise),
        "surprise": surprise,
        "paid": t * surprise,
        "terms": terms,
        "own": own,
        "gradient": gradient[0],
    }


# the first model
_bill = _parts(_logits)
loss, entropy, divergence = _bill["loss"], _bill["entropy"], _bill["divergence"]
extra, saving = _bill["extra"], _bill["saving"]
loss_bits, perplexity = loss / np.log(2), np.exp(loss)
p_cat, p_lynx, p_dog, p_truck = _bill["p"]
s_cat, s_lynx, s_dog, s_truck = _bill["surprise"]
paid_cat, paid_lynx, paid_dog, paid_truck = _bill["paid"]
term_cat, term_lynx, term_dog, term_truck = _bill["terms"]
g_cat, g_lynx, g_dog, g_truck = _bill["gradient"]
z_cat_after = _logits[0] - g_cat  # one step of gradient descent
z_lynx_after = _logits[1] - g_lynx
reverse = float((_bill["p"] * np.log(_bill["p"] * 20 / _votes[0])).sum())

# the model that says what the answers say: the logarithms of the counts
z_cat_met, z_lynx_met, z_dog_met = np.log(_votes[0, :3])
z_cat_half = np.log(_votes[0, 1:].sum())  # cat at 1/2, the others as they were voted for
own_cat, own_lynx, own_dog, own_truck = _bill["own"]

# surer of cat
_sure = _parts([8, 1, -0.5, -1])
sure_loss, sure_p, sure_s_cat = _sure["loss"], _sure["p"][0], _sure["surprise"][0]
sure_s_least = _sure["surprise"][1:].min()
sure_saving, sure_extra = _sure["saving"], _sure["extra"]

_all = _parts([9, np.log(5), np.log(2), 0])  # all on cat, the others as they were voted for
all_loss, all_p, all_s_least = _all["loss"], _all["p"][0], _all["surprise"][1:].min()

# equal logits
_level = _parts([0, 0, 0, 0])
level_loss, level_extra, level_saving = _level["loss"], _level["extra"], _level["saving"]

# truck ruled out
_ruled = _parts([3, 1, -0.5, -12])
ruled_loss, ruled_s_truck, ruled_paid = _ruled["loss"], _ruled["surprise"][3], _ruled["paid"][3]

# all answers alike
hot_loss = _parts(_logits, [20, 0, 0, 0])["loss"]
hot_loss_8 = _parts([8, 1, -0.5, -1], [20, 0, 0, 0])["loss"]
_wrong = _parts(_logits, [0, 0, 0, 20])
wrong_loss, wrong_p, wrong_g = _wrong["loss"], _wrong["p"][3], _wrong["gradient"][3]
wrong_slope = -1 / wrong_p  # through the probability

# letters, in bits
_code = _parts([0, 0, 0, 0], [8, 4, 2, 2])
code_loss, code_entropy = _code["loss"] / np.log(2), _code["entropy"] / np.log(2)
code_waste = code_loss - code_entropy

log2, log4 = np.log(2), np.log(4)

# the demo's first bars, for paper and without JavaScript
picture = {
    "kind": "bars",
    "rows": list(zip(("cat", "lynx", "dog", "truck"), _bill["p"], _votes[0] / 20, strict=True)),
    "bar": "probability that the model gives",
    "tick": "share of the twenty answers",
}
