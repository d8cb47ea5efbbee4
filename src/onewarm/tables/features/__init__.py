"""Tables as features and classes: types found, text and dates encoded, missing values imputed, all of it said."""
