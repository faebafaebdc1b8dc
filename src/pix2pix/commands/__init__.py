"""The command line `pix2pix`: one parser, and one file for each command."""
