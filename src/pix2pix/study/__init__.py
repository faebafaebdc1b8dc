"""The real-against-fake study: people say which of two pictures was generated, on a page of ours."""
