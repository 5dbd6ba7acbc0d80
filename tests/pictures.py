"""What can be wrong with a picture in print: letters that are cut, small, or stand over one another."""

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

LEAST_PT = 7.0


def texts(figure: Figure) -> list[Text]:
    """All that is written, once the figure is laid out."""
    figure.canvas.draw()
    ticks = {
        label
        for axes in figure.axes
        for axis in axes._axis_map.values()
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for label in (tick.label1, tick.label2)
        if not axis.get_view_interval().min() - 1e-9 <= tick.get_loc() <= axis.get_view_interval().max() + 1e-9
    }
    found = [one for one in figure.findobj(Text) if one.get_text().strip() and one.get_visible()]
    return [one for one in found if one not in ticks and one.get_window_extent().width > 0]


def faults(figure: Figure) -> list[str]:
    """What is wrong, a line each."""
    found, written = [], texts(figure)
    boxes = {one: one.get_window_extent() for one in written}
    for one, box in boxes.items():
        if one.get_fontsize() < LEAST_PT:
            found.append(f"{one.get_text()!r} is written in {one.get_fontsize()} pt")
        if min(box.x0, box.y0) < -1 or box.x1 > figure.bbox.x1 + 1 or box.y1 > figure.bbox.y1 + 1:
            found.append(f"{one.get_text()!r} is cut")
    for one, other in combinations(written, 2):
        a, b = boxes[one], boxes[other]
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        beside = isinstance(one, Annotation) and isinstance(other, Annotation)  # numbers of robots that stand together
        beside |= any(text.get_rotation() % 90 for text in (one, other))  # boxes around slanted letters are too large
        if across > 1 and down > 2 and not beside:
            found.append(f"{one.get_text()!r} and {other.get_text()!r} stand over one another")
    return found
