"""The page on which people draw or choose what a model is given, its server, and the models that it offers."""
