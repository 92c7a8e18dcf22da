"""Makes cer/web/example.npz: what the models see in the bundled clip, shown to visitors before anything is loaded.

    python -m tools.make_example

Run it after any weight file or the bundled clip has changed; a test says when.
"""

from cer.files import DEMO_CLIP
from cer.pipeline import observe
from cer.web.example import FILE, save


def main() -> None:
    save(observe(DEMO_CLIP))
    print(f"{FILE}: {FILE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
