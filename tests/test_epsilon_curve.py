"""ε(n) as a table and a picture is that of the worlds with so many rounds."""

import json

import pytest

import robosim


def test_each_row_is_the_certificate_of_the_world_with_so_many_rounds(cli, tmp_path) -> None:
    place = tmp_path / "curve.svg"
    words = ("certify", "erratum", "--rounds", "20,5,60")
    code, out, err = cli(*words, "-o", place)
    assert (code, err) == (0, "")
    assert str(place) in out
    assert place.read_text().count("<path") > 10
    points = json.loads(cli(*words, "--json")[1])["points"]
    assert [one["rounds"] for one in points] == [5, 20, 60]
    for one in points:
        world = robosim.load("erratum", set={"mission.rounds": one["rounds"]})
        sure = robosim.certify(world)
        assert one["epsilon"]["certified"] == sure.certified
        assert one["over_types"] == sure.over_types
    assert points[0]["epsilon"]["certified"] > points[-1]["epsilon"]["certified"]


def test_without_a_certificate_the_curve_says_why(cli) -> None:
    code, out, _ = cli("certify", "six-bidders", "--rounds", "5,10")
    assert code == 0
    assert "no certificate: under the tax rule clearing-price" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rounds", "five"], "--rounds: 'five' are no numbers of rounds"),
        (["--rounds", "0,5"], "--rounds: '0,5' are no numbers of rounds"),
        (["--rounds", "5", "--epsilon", "1e-3"], "leave all but one of them out"),
        (["--out", "curve.png"], "add --rounds"),
        (["--rounds", "5", "--out", "curve.doc"], "pictures end in .png"),
    ],
)
def test_curves_that_cannot_be_made_are_refused(cli, words, said) -> None:
    code, _, err = cli("certify", "erratum", *words)
    assert code == 2
    assert said in err
