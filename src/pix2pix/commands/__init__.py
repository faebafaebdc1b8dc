"""`python -m pix2pix`: what a person does with a trained model."""
