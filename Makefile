# make run: start the program.  make test: every check.  Each first installs what is missing.
PYTHON := .venv/bin/python
PYTEST_ENV = QT_QPA_PLATFORM=$${QT_QPA_PLATFORM:-offscreen} OMP_WAIT_POLICY=passive

.PHONY: run test benchmark setup

run: setup
	@$(PYTHON) main.py $(ARGS)

test: setup
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -c 'from PySide6 import QtSvg, QtWidgets; QtWidgets.QApplication([])' || \
		{ echo "Qt cannot start, so nothing was tested; the lines above name what it needs." >&2; exit 1; }
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTEST_ENV) $(PYTHON) -m pytest -n auto --dist worksteal $(ARGS)

benchmark: setup
	$(PYTEST_ENV) $(PYTHON) -m tests.benchmarks $(ARGS)

setup:
	@bash resources/bootstrap.sh
