"""The parts that all pages share: their looks, and the server that answers their requests."""
