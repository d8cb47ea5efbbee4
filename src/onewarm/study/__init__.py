"""Would smoothing help your data? Paired training runs of target recipes: data sets, arms, store, comparison."""
