"""The paper's ablations on your own data, as DVC experiments that end in one table."""
