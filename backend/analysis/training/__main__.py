"""`python -m backend.analysis.training` trains a network."""

from __future__ import annotations

from backend.analysis.training.training_command import main

if __name__ == "__main__":
    raise SystemExit(main())
