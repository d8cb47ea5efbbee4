"""The numbers of the page's texts: `{{ value:even .4f }}` there is `even` here."""

import numpy as np

even = -np.log(0.5)
rare = -np.log(0.01)
