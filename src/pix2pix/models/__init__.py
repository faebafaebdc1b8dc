"""A trained model as one object: picture in, picture out; at any size; exported."""
