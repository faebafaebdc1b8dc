"""How the stages run: in a checkout, in a copy of it, stopped, compared and cleaned up."""
