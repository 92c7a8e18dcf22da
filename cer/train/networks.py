"""The trainable networks (torch). Inference never imports this file: it runs the exported ONNX graphs."""

import torch
from torch import Tensor, nn


class Calibrated(nn.Module):
    """A network whose logits are divided by a temperature, fitted after training."""

    temperature: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("temperature", torch.ones(()))


class LowRank(nn.Module):
    """A linear layer that is kept, and a low-rank change of it that is trained (LoRA, arXiv 2106.09685): W + scale x
    up @ down. It starts as no change.
    """

    scale = 2.0

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        self.kept = linear.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, linear.in_features) / linear.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        change = nn.functional.linear(nn.functional.linear(self.dropout(x), self.down), self.up)
        return self.kept(x) + self.scale * change


class SentenceHead(Calibrated):
    """Emotion logits [N, 8] from sentence embeddings [N, 384], divided by a temperature; a class never trained is out
    of reach.
    """

    def __init__(self, trained: Tensor, width: int = 256, inputs: int = 384) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Dropout(0.2), nn.Linear(inputs, width), nn.GELU(), nn.Dropout(0.4))
        self.emotions = nn.Linear(width, len(trained))
        self.register_buffer("unreachable", torch.where(trained, 0.0, -30.0))

    def forward(self, sentences: Tensor) -> Tensor:
        return self.emotions(self.hidden(sentences)) / self.temperature + self.unreachable


class MambaBlock(nn.Module):
    """A selective state-space block (Mamba, arXiv 2312.00752) on short sequences [N, T, D]; its scan is a plain loop
    over T.

    Where the mask [N, T] is 0 the step size is 0: the state passes unchanged and nothing enters it.
    """

    def __init__(self, width: int, expand: int = 1, state: int = 4, rank: int = 8) -> None:
        super().__init__()
        inner = width * expand
        self.inner, self.state, self.rank = inner, state, rank
        self.norm = nn.LayerNorm(width)
        self.enter = nn.Linear(width, 2 * inner)
        self.conv = nn.Conv1d(inner, inner, 3, groups=inner)
        self.select = nn.Linear(inner, rank + 2 * state)
        self.step = nn.Linear(rank, inner)
        self.log_decay = nn.Parameter(torch.log(torch.arange(1, state + 1).float()).repeat(inner, 1))
        self.through = nn.Parameter(torch.ones(inner))
        self.leave = nn.Linear(inner, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        value, gate = self.enter(self.norm(x)).chunk(2, -1)
        value = value * mask[..., None]
        value = torch.nn.functional.silu(
            self.conv(torch.nn.functional.pad(value.transpose(1, 2), (2, 0))).transpose(1, 2)
        )
        rank, into, out = self.select(value).split([self.rank, self.state, self.state], -1)
        step = torch.nn.functional.softplus(self.step(rank)) * mask[..., None]  # [N, T, E]
        decay = -torch.exp(self.log_decay)  # [E, S]
        state = torch.zeros_like(value[:, 0, :, None] * decay)
        read = []
        for t in range(value.shape[1]):
            retained = torch.exp(step[:, t, :, None] * decay)
            state = retained * state + (step[:, t] * value[:, t])[..., None] * into[:, t, None]
            read.append((state * out[:, t, None]).sum(-1))
        y = torch.stack(read, 1) + self.through * value
        return x + self.leave(y * torch.nn.functional.silu(gate))


class DynamicNetwork(Calibrated):
    """Emotion logits [N, 8] and embedding [N, 64] from a person's sequence [N, T, D + 8]: face embeddings, then the
    emotion logits of the face network; mask float [N, T]. It sees each moment, its change since the last one, and
    starts from the mean logits."""

    def __init__(self, embedding: int = 256, emotions: int = 8, width: int = 64) -> None:
        super().__init__()
        self.emotions_in = emotions
        self.enter = nn.Linear(2 * (embedding + emotions), width)
        self.dropout = nn.Dropout(0.3)
        self.blocks = nn.ModuleList([MambaBlock(width), MambaBlock(width)])
        self.attend = nn.Linear(width, 1)
        self.norm = nn.LayerNorm(width)
        self.emotions = nn.Linear(width, emotions)
        self.share = nn.Parameter(torch.ones(()))

    def forward(self, slots: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        shown = mask[..., None]
        change = torch.cat([torch.zeros_like(slots[:, :1]), slots[:, 1:] - slots[:, :-1]], 1)
        paired = torch.cat([torch.zeros_like(mask[:, :1]), mask[:, 1:] * mask[:, :-1]], 1)[..., None]
        hidden = self.enter(self.dropout(torch.cat([slots * shown, change * paired], -1)))
        for block in self.blocks:
            hidden = block(hidden, mask)
        weights = (self.attend(hidden) + (shown - 1) * 1e4).softmax(1)
        embedding = self.norm((weights * hidden).sum(1))
        logits = slots[..., -self.emotions_in :]
        mean = (weights * logits).sum(1)
        return (self.share * mean + self.emotions(self.dropout(embedding))) / self.temperature, embedding


class ImageTower(nn.Module):
    """Face embeddings [N, 256] into the space of sentence embeddings, unit length [N, 384]; and the scale of the
    cosine.
    """

    def __init__(self, inputs: int = 256, outputs: int = 384) -> None:
        super().__init__()
        self.project = nn.Sequential(
            nn.LayerNorm(inputs), nn.Linear(inputs, 512), nn.GELU(), nn.Dropout(0.3), nn.Linear(512, outputs)
        )
        self.log_scale = nn.Parameter(torch.tensor(3.0))

    def forward(self, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        return torch.nn.functional.normalize(self.project(embeddings), dim=1), self.log_scale.exp()


class MultilingualHead(Calibrated):
    """From multilingual sentence embeddings [N, inputs]: emotion logits [N, 8] free of the prior, and the probability
    that each emotion is in the text whatever the others are, [N, 8].

    `presences` are the log-odds z [N, 7] of each label alone, Neutral being that a text has none of the others, free of
    the prior. Of a text with exactly one label its probability is softmax(z): the odds of each are proportional to
    exp(z). So z is trained with a sigmoid a label, and read as logits.
    """

    prior: Tensor

    def __init__(self, prior: Tensor, inputs: int, width: int = 256) -> None:
        super().__init__()
        self.standard = nn.BatchNorm1d(inputs, affine=False)
        self.hidden = nn.Sequential(nn.Dropout(0.3), nn.Linear(inputs, width), nn.GELU(), nn.Dropout(0.4))
        self.presences = nn.Linear(width, len(prior))
        self.register_buffer("prior", prior.logit())

    def log_odds(self, sentences: Tensor) -> Tensor:
        """z [N, 7]."""
        odds: Tensor = self.presences(self.hidden(self.standard(sentences)))
        return odds

    def forward(self, sentences: Tensor) -> tuple[Tensor, Tensor]:
        odds = self.log_odds(sentences)
        other = torch.full_like(odds[:, :1], -30.0)
        return torch.cat([odds / self.temperature, other], 1), torch.cat([odds + self.prior, other], 1).sigmoid()
