"""From six predictions to one: MHPF, PPA, PFSA, and the learned numbers behind them."""
