"""The model store: where weights come from, whether they are unchanged, and the sessions that run them."""
