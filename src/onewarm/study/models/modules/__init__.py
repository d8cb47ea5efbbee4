"""PyTorch modules of the user: how they are made, what they take, and how the study trains them."""
