"""The real-against-fake study: people look at two pictures on a page and say which one was generated."""
