"""`python -m pix2pix`, and the command `pix2pix` that an installation makes."""

from pix2pix.commands import checkout


def main() -> None:
    """Run the command line with the code of the checkout that the current folder lies in."""
    checkout.enter()
    from pix2pix.commands.main import main

    main()


if __name__ == "__main__":
    main()
