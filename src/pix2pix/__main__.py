"""`python -m pix2pix`, and the command `pix2pix` that an installation makes."""

from pix2pix.base import program


def main() -> None:
    """Run the command line with the code of the checkout that the current folder lies in."""
    program.begin()
    from pix2pix.commands import checkout

    checkout.enter()
    from pix2pix.commands.main import main

    main()


if __name__ == "__main__":
    main()
