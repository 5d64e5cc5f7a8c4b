# Needs Python 3.11 or newer and make; everything else goes into .venv.
#   make run [ARGS="--server.port 9000"]    make test [ARGS="-k elbo"]    make lint    make bench    make screenshots

VENV := .venv
PY   := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install -qq --disable-pip-version-check --no-input
ARGS ?=

# A stamp carries the checksum of the requirements it stands for, so a second `make run` installs nothing.
RUN_STAMP := $(VENV)/.installed-$(shell cat requirements.txt | cksum | tr ' ' -)
DEV_STAMP := $(VENV)/.installed-dev-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' -)

# On Linux the default torch brings gigabytes of CUDA. Where there is no NVIDIA driver PyTorch's own index of
# CPU builds is asked as well, unless it cannot be reached: pip would retry it for every package.
TORCH_CPU_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: help run test lint bench screenshots venv dev browser clean

help:
	@sed -n 's/^# *//;1,2p' Makefile

run: $(RUN_STAMP)
	@$(PY) -m streamlit run app.py $(ARGS)

test: $(DEV_STAMP) browser
	@$(PY) -m pytest $(ARGS)

lint: $(DEV_STAMP)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: $(DEV_STAMP) browser
	@$(PY) -m benchmarks.training $(ARGS)
	@$(PY) -m benchmarks.variants $(ARGS)
	@$(PY) -m benchmarks.time_to_target $(ARGS)
	@$(PY) -m benchmarks.densities $(ARGS)
	@$(PY) -m benchmarks.browser $(ARGS)
	@$(PY) -m benchmarks.pages $(ARGS)
	@$(PY) -m benchmarks.visitors $(ARGS)
	@$(PY) -m benchmarks.models $(ARGS)
	@$(PY) -m benchmarks.uploads $(ARGS)

screenshots: $(DEV_STAMP) browser
	@$(PY) -m tests.browser.screenshots $(ARGS)

venv: $(RUN_STAMP)

dev: $(DEV_STAMP)

browser: $(DEV_STAMP)
	@$(PY) -m tests.browser.chromium

clean:
	rm -rf $(VENV) screenshots .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@set -e; \
	for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec $$python -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "No Python 3.11 or newer with its venv module was found." \
	  "Install one (Debian: python3 and python3-venv) or name it: make PYTHON=/path/to/python3.11" >&2; \
	exit 1

$(RUN_STAMP): | $(PY)
	@echo "Installing requirements.txt into $(VENV): a few minutes the first time."
	@set -e; index=""; \
	if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null && timeout 10 $(PY) -c \
	    'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=5)' $(TORCH_CPU_INDEX)/torch/ 2>/dev/null; \
	then index="--extra-index-url $(TORCH_CPU_INDEX)"; fi; \
	$(PIP_INSTALL) $$index -r requirements.txt
	@touch $@

$(DEV_STAMP): $(RUN_STAMP)
	@echo "Installing requirements-dev.txt into $(VENV)."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@
