"""Every exception as a title, what happened, and what to do."""

from __future__ import annotations

import errno
import os

import pytest
import torch

from backend.errors import ErrorReport, UserError, describe


def test_that_a_user_error_keeps_its_own_words() -> None:
    error = UserError("No such layer", "It has none.", "Choose another.")
    assert describe(error) is error.report
    assert error.report == ErrorReport("No such layer", "It has none.", "Choose another.")
    assert str(error) == "No such layer. It has none. Choose another."


def test_that_a_report_without_advice_ends_where_it_ends() -> None:
    assert str(ErrorReport("Full", "No room.")) == "Full. No room."


@pytest.mark.parametrize(
    ("number", "title"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EROFS, "No permission"),
        (errno.EACCES, "No permission"),
        (errno.EPERM, "No permission"),
        (errno.ENOENT, "Not found"),
        (errno.ENOTDIR, "Not found"),
        (errno.EIO, "The file could not be used"),
    ],
)
def test_that_what_the_system_refuses_is_said_with_the_place(number: int, title: str) -> None:
    report = describe(OSError(number, os.strerror(number), "/data/picture.png"))
    assert report.title == title and "/data/picture.png" in report.happened and report.advice
    assert "(" not in describe(OSError(number, os.strerror(number))).happened


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory")])
def test_that_missing_memory_is_said(error: BaseException) -> None:
    assert describe(error).title == "Not enough memory"


def test_that_anything_else_names_its_kind_and_keeps_its_text() -> None:
    report = describe(KeyError("layer9"))
    assert "KeyError: 'layer9'" in report.happened and "Traceback" not in str(report)
