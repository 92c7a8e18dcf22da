"""Colors of expressions, in every file and on the page."""

# Okabe and Ito's palette: told apart by color-blind eyes too. One color per compound expression, in order.
COLORS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#D55E00", "#0072B2", "#CC79A7")

# One color per basic emotion, of the same palette; Neutral and Other are greys.
EMOTION_COLORS = {
    "Neutral": "#999999",
    "Anger": "#D55E00",
    "Disgust": "#009E73",
    "Fear": "#CC79A7",
    "Happiness": "#E69F00",
    "Sadness": "#0072B2",
    "Surprise": "#56B4E9",
    "Other": "#666666",
}
