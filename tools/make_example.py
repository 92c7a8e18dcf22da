"""Makes cer/web/examples/*.npz: what the models see in the bundled clips, shown to visitors before anything is loaded.

    python -m tools.make_example

Run it after any weight file or a bundled clip has changed; a test says when.
"""

from cer.files import bundled_clip
from cer.pipeline import observe
from cer.web.example import EXAMPLES, FOLDER, save


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in EXAMPLES:
        save(observe(bundled_clip(name)), name)
    print(f"{FOLDER}: {sum(file.stat().st_size for file in FOLDER.iterdir()) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
