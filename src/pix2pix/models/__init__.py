"""A trained model as one object that turns a picture into a picture, takes any size, and can be exported."""
