"""Lines of the viewer: what is drawn is the same every time."""

import numpy as np
import pygame
import pytest

from robosim.view.strokes import thin_line

ENDS = np.array([[632.0, 282.0], [652.3333333333334, 382.0]])


def drawn(at: np.ndarray) -> np.ndarray:
    surface = pygame.Surface((900, 600))
    thin_line(surface, "#ffffff", at)
    return pygame.surfarray.array3d(surface)


def test_a_line_of_two_points_is_no_chain_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """`aalines` of two points was seen to shade the last pixel by what it found in memory."""
    monkeypatch.setattr(pygame.draw, "aalines", None)
    surface = pygame.Surface((900, 600))
    pygame.draw.aaline(surface, "#ffffff", *ENDS.tolist())
    np.testing.assert_array_equal(drawn(ENDS), pygame.surfarray.array3d(surface))
    assert drawn(ENDS).any()


def test_one_point_is_no_line_and_three_are_two() -> None:
    assert not drawn(ENDS[:1]).any()
    assert (drawn(np.vstack([ENDS, [[700.0, 300.0]]])) > 0).sum() > (drawn(ENDS) > 0).sum()
