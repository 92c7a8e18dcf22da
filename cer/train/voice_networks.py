"""The networks of the voice (torch): the emotion head and the event detector. Inference runs the exported graphs."""

import torch
from torch import Tensor, nn

from cer.perception.voice_encoder import WIDTH
from cer.perception.voice_head import BURST_KINDS
from cer.perception.voice_statistics import STATISTICS_WIDTH
from cer.train.familiarity import DIRECTIONS
from cer.train.networks import Calibrated

EMBEDDING_WIDTH = 128
EDGE = 0.9  # squared distance at which a voice is half familiar: most actors kept apart are nearer, corpora are not
EDGE_WIDTH = 0.07
FAR = 2.0  # 95 % of the speech of corpora left out is nearer; vocal bursts are at 5.5 from speech
TRAVELING = (*range(WIDTH), *range(2 * WIDTH, STATISTICS_WIDTH))  # statistics without the deviations


class VoiceHead(nn.Module):
    """Emotion logits free of the class prior, embedding, and burst kinds from voice statistics.

    Three experts, whose logits are averaged: a network on all statistics, a network on the encoder's mean and prosody,
    which travel better between corpora, and a linear discriminant on the latter, fitted in closed form. The networks
    know the recordings they were trained on, the discriminant travels: the less familiar a voice, the more it counts.
    `discriminant_shares` and `temperatures`, three each: of familiar speech, of other speech, of bursts.
    """

    mean: Tensor
    deviation: Tensor
    columns: Tensor
    middles: Tensor
    directions: Tensor
    precision: Tensor
    discriminant_shares: Tensor
    temperatures: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor, corpora: int, emotions: int = 8) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.register_buffer("columns", torch.tensor(TRAVELING))
        half = EMBEDDING_WIDTH // 2
        self.whole = nn.Sequential(nn.Dropout(0.5), nn.Linear(STATISTICS_WIDTH, half))
        self.part = nn.Sequential(nn.Dropout(0.5), nn.Linear(len(TRAVELING), half))
        self.from_burst = nn.Linear(1, EMBEDDING_WIDTH)
        self.heads = nn.ModuleList([nn.Sequential(nn.Dropout(0.3), nn.Linear(half, emotions)) for _ in range(2)])
        self.burst_heads = nn.ModuleList([nn.Sequential(nn.Dropout(0.3), nn.Linear(half, emotions)) for _ in range(2)])
        self.kinds = nn.Linear(EMBEDDING_WIDTH, len(BURST_KINDS))
        self.discriminant = nn.Linear(len(TRAVELING), emotions).requires_grad_(False)
        self.register_buffer("middles", torch.zeros(corpora, len(TRAVELING)))
        self.register_buffer("directions", torch.zeros(len(TRAVELING), DIRECTIONS))
        self.register_buffer("precision", torch.ones(()))
        self.register_buffer("discriminant_shares", torch.zeros(3))
        self.register_buffer("temperatures", torch.ones(3))

    def forward(self, statistics: Tensor, burst: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """statistics: [N, STATISTICS_WIDTH]; burst: [N], 1 for sounds without words, 0 for speech. Returns logits
        [N, 8], embedding [N, 128], logits of burst kinds [N, 5].
        """
        branches, embedding, kinds = self.branches(statistics, burst)
        distances = self.distances(statistics)
        familiar, other, sound = self.discriminant_shares
        share = mixed(familiar, other, sound, distances, burst)[:, None]
        logits = (1 - share) * (branches[0] + branches[1]) / 2
        logits = logits + share * self.discriminant(self.standard(statistics)[:, self.columns])
        return logits / temperature(self.temperatures, distances, burst)[:, None], embedding, kinds

    def branches(self, statistics: Tensor, burst: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """Logits [N, 8] of each network, the embedding [N, 128] and logits of burst kinds [N, 5]."""
        standard = self.standard(statistics)
        hidden = torch.cat([self.whole(standard), self.part(standard[:, self.columns])], 1)
        embedding = nn.functional.gelu(hidden + self.from_burst(burst[:, None]))
        weight = burst[:, None]
        logits = [
            (1 - weight) * speech_head(half) + weight * burst_head(half)
            for half, speech_head, burst_head in zip(embedding.chunk(2, 1), self.heads, self.burst_heads, strict=True)
        ]
        return logits, embedding, self.kinds(embedding)

    def distances(self, statistics: Tensor) -> Tensor:
        """Squared distances [N] to the nearest corpus of speech, a feature (`cer.train.familiarity`)."""
        around = self.standard(statistics)[:, None, self.columns] - self.middles
        along = around @ self.directions
        squares = self.precision * around.square().sum(2) - along.square().sum(2)
        return squares.amin(1) / len(TRAVELING)

    def standard(self, statistics: Tensor) -> Tensor:
        """Statistics around the population's mean, in its deviations, at most 8 of them."""
        return ((statistics - self.mean) / self.deviation).clamp(-8, 8)


def familiarity(distances: Tensor) -> Tensor:
    """How like the recordings of training voices at these distances are, in (0, 1)."""
    return ((EDGE - distances) / EDGE_WIDTH).sigmoid()


def temperature(three: Tensor, distances: Tensor, burst: Tensor) -> Tensor:
    """By which logits are divided [N]: temperatures of familiar speech, of other speech and of bursts. What is farther
    than speech of corpora never heard makes the head less sure, as much as it is farther.
    """
    familiar, other, sound = three
    return mixed(familiar, other * (distances / FAR).clamp(min=1), sound, distances, burst)


def mixed(familiar: Tensor, other: Tensor, sound: Tensor, distances: Tensor, burst: Tensor) -> Tensor:
    """Between values for familiar speech, for other speech and for bursts, [N]."""
    return torch.lerp(torch.lerp(other, familiar, familiarity(distances)), sound, burst)


class EventNetwork(Calibrated):
    """Logits [N, R, 3] (background, speech, burst) of each of the voice encoder's rows [N, R, WIDTH], from 0.7 s on
    either side of it.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor, width: int = 48, kinds: int = 3) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.enter = nn.Sequential(nn.Dropout(0.3), nn.Linear(WIDTH, width), nn.GELU())
        self.over_time = nn.Sequential(
            nn.Conv1d(width, width, 15, padding=7),
            nn.GELU(),
            nn.Dropout(0.2),
            nn.Conv1d(width, width, 15, padding=28, dilation=4),
            nn.GELU(),
            nn.Dropout(0.2),
            nn.Conv1d(width, kinds, 1),
        )

    def forward(self, rows: Tensor) -> Tensor:
        hidden = self.enter((rows - self.mean) / self.deviation)
        return self.over_time(hidden.transpose(1, 2)).transpose(1, 2) / self.temperature
