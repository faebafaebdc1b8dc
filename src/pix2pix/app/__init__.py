"""The page on which people draw façades, its server, and the models that it offers."""
