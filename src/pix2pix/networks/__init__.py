"""The networks (generators, discriminators, the segmenter), and the folder in which a trained one is kept."""
