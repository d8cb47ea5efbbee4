"""Would smoothing help your data? Paired runs of target recipes: data sets, arms, training, store, comparison."""
