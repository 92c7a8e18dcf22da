# Each target sets up what it needs in .venv. PYTHON may name another Python, 3.11 or newer.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
DATA ?= ../shared/data
RUNS ?= runs
CORPUS ?= meld
WORKERS ?= 2
# Tests without training, a browser or a whole corpus.
FAST := tests/cer/fusion tests/cer/corpora tests/cer/models/test_checkpoints.py tests/cer/models/test_quantization.py \
	tests/cer/models/test_runtime.py tests/cer/modalities/test_base.py tests/cer/modalities/test_registry.py \
	tests/cer/perception/test_lexicon.py tests/cer/perception/test_text_encoder.py tests/cer/results \
	tests/cer/test_api.py tests/cer/test_entry_points.py tests/cer/test_files.py tests/cer/test_labels.py \
	tests/cer/test_segments.py tests/eval/test_metrics.py tests/eval/test_scores.py tests/eval/test_tabular.py

.PHONY: demo app test test-fast lint docs notebook train evaluate ray screenshots bench soak fuzz fuzz-long audit lock build container clean mutants

demo: $(VENV)/runtime  ## analyze the bundled clip and name the report
	$(RUN) -m cer analyze examples/demo.mp4 --out out

app: $(VENV)/runtime  ## open the page
	$(RUN) app.py

test: $(VENV)/dev  ## everything that a new machine can test
	$(RUN) -m pytest -n 2 --dist loadfile

test-fast: $(VENV)/dev  ## the quick tests, within a minute on two cores
	$(RUN) -m pytest -n 2 --dist loadfile $(FAST)

docs: $(VENV)/dev  ## site/: the guides and the API reference
	$(RUN) -m tools.make_docs

notebook: $(VENV)/dev  ## run examples/quickstart.ipynb from top to bottom
	$(RUN) -m pytest tests/examples

mutants: $(VENV)/dev  ## the share of 150 small faults in the arithmetic core that the tests notice; goes on where it was stopped
	$(RUN) -m tools.mutants --workers $(WORKERS) --out $(RUNS)/mutants.jsonl

lint: $(VENV)/dev  ## style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

$(RUNS)/faceres.safetensors: | $(VENV)/dev
	mkdir -p $(RUNS)
	$(RUN) -m tools.convert_faceres $@

train: $(VENV)/dev $(RUNS)/faceres.safetensors  ## make every file of cer/weights anew from DATA; needs npm and espeak-ng
	$(RUN) -m cer.train --data $(DATA) --out cer/weights --work $(RUNS)

evaluate: $(VENV)/runtime  ## score CORPUS, found below ROOT or downloaded, and write its report
	$(RUN) -m eval run --corpus $(CORPUS) $(if $(ROOT),--root $(ROOT)) --out $(RUNS)/$(CORPUS)
	$(RUN) -m eval report $(RUNS)/$(CORPUS)

screenshots: $(VENV)/dev  ## docs/images/page-*.png and the moving picture; needs Chromium
	$(RUN) -m tools.make_screenshots
	$(RUN) -m tools.make_moving_picture

bench: $(VENV)/dev  ## docs/benchmarks-DATE.json and the tables of docs/benchmarks.md
	$(RUN) -m bench --out docs

soak: $(VENV)/dev  ## 300 analyzes on the page by 4 visitors, with cancels and bad files
	$(RUN) -m bench.soak

fuzz: $(VENV)/dev  ## the parsers and 2,000 damaged headers, for as long as it takes
	FUZZ=2000 MUTATIONS=2000 $(RUN) -m pytest tests/safety

fuzz-long: $(VENV)/dev  ## an hour of coverage-guided fuzzing of the decoder's messages; SECONDS=N for another time
	$(RUN) -m pip install --quiet --disable-pip-version-check atheris
	$(RUN) -m tools.fuzz_messages --seconds $(or $(SECONDS),3600)

audit: $(VENV)/runtime  ## known holes in the pinned packages; asks a vulnerability service
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(RUN) -m pip_audit -r requirements.txt

lock: $(VENV)/runtime  ## requirements*.txt from the ranges of pyproject.toml; LOCK=--upgrade takes the newest
	$(RUN) -m pip install --quiet --disable-pip-version-check uv
	$(RUN) -m tools.make_lock $(LOCK)

build: $(VENV)/dev  ## dist/*.whl and dist/*.tar.gz
	$(RUN) -m build

container: $(VENV)/runtime  ## the Dockerfile's steps in a clean root; as root, needs debootstrap
	$(RUN) -m tools.run_dockerfile

ray: $(VENV)/dev  ## the same by WORKERS local workers of Ray
	$(RUN) -m eval run --corpus $(CORPUS) $(if $(ROOT),--root $(ROOT)) --out $(RUNS)/$(CORPUS)-ray --engine ray --workers $(WORKERS)

$(VENV)/runtime: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/runtime
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) out runs build dist site *.egg-info
