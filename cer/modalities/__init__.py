"""The six modalities. Each turns evidence into a Prediction; none knows of another."""
