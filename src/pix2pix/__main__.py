"""`python -m pix2pix`: use a trained model."""

from pix2pix.commands.main import main

if __name__ == "__main__":
    main()
