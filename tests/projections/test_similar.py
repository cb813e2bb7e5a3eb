"""Ideas like a draft: found whatever the language, the accents and the case, and never from what was dropped."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.projections.similar import (
    ALIKE,
    NEARLY_SAME,
    NEARLY_SAME_GRAMS_MIN,
    SimilarIdeas,
    grams,
    plain_letters,
)

IDEAS = {
    "bus": "Night buses on every line that crosses the ring road.",
    "bike": "Free bicycles for everybody under eighteen.",
    "trees": "Plant trees on every square and let the city water them.",
    "école": "Des légumes frais dans chaque école de la région.",
    "škola": "Čerstvá zelenina do každé školy v kraji.",
    "σχολείο": "Φρέσκα λαχανικά σε κάθε σχολείο της περιοχής.",
    "училище": "Пресни зеленчуци във всяко училище в района.",
    "学校": "每所学校都应该提供新鲜蔬菜。",
    "مدرسة": "خضروات طازجة في كل مدرسة من مدارس المنطقة.",
}
DRAFTS = {
    "bus": "night BUSES crossing the ring road on all lines",
    "bike": "bicycles should be free for everybody under 18",
    "trees": "trees on every square, watered by the city",
    "école": "DES LEGUMES FRAIS DANS LES ECOLES DE LA REGION",
    "škola": "cerstva zelenina do vsech skol v kraji",
    "σχολείο": "φρεσκα λαχανικα σε καθε σχολειο",
    "училище": "ПРЕСНИ зеленчуци за училищата в района",
    "学校": "学校应该每天提供新鲜的蔬菜",
    "مدرسة": "خضروات طازجة في المدارس",
}


def index(ideas: dict[str, str] = IDEAS) -> SimilarIdeas:
    made = SimilarIdeas()
    for idea, text in ideas.items():
        made.put(idea, [text])
    return made


@pytest.mark.parametrize("idea", DRAFTS)
def test_the_same_said_otherwise_is_found_in_any_language(idea: str) -> None:
    """Case, accents, endings and the order of words aside; and nothing else is."""
    found = index().like(DRAFTS[idea], 5)
    assert [one.idea for one in found] == [idea]
    assert found[0].likeness >= ALIKE


def test_what_is_being_typed_is_found_before_it_is_finished() -> None:
    assert [one.idea for one in index().like("Free bicycles for eve", 5)] == ["bike"]


def test_the_same_words_are_the_likest_there_can_be() -> None:
    """Whatever the marks around them; a text in other words is not like it at all."""
    for idea, text in IDEAS.items():
        first = index().like(f"  {text.upper()}!! ", 5)[0]
        assert (first.idea, first.likeness) == (idea, 1000)
    assert index().like("Close the airport at night, please, and soon.", 5) == []


def test_a_few_letters_are_like_nothing() -> None:
    assert index().like("bus", 5) == []
    assert index().like("", 5) == []
    assert SimilarIdeas().like(IDEAS["bus"], 5) == []


def test_short_texts_are_suggested_and_never_asked_about() -> None:
    """Few letters in common are most of a short text's."""
    made = index({"trees": "Trees for all."})
    assert [one.idea for one in made.like("Trams for all.", 5)] == ["trees"]
    assert made.nearly_same("Trams for all.", 5) == []
    for idea, text in IDEAS.items():
        wanted = [idea] if len(grams(text)) >= NEARLY_SAME_GRAMS_MIN else []
        assert [one.idea for one in index().nearly_same(text, 5)] == wanted


def test_what_is_dropped_or_changed_is_found_no_more() -> None:
    """No trigram of it stays behind."""
    made = index()
    made.put("bike", ["Something else altogether about the harbour."])
    assert made.like(DRAFTS["bike"], 5) == []
    for idea, words in IDEAS.items():
        made.drop(idea)
        assert made.like(words, 5) == []
    made.drop("never there")
    assert (len(made), made._ideas) == (0, {})


def test_all_languages_of_an_idea_find_it() -> None:
    made = index({})
    made.put("two", [IDEAS["école"], IDEAS["trees"]])
    for language in ("école", "trees"):
        assert [one.idea for one in made.like(DRAFTS[language], 5)] == ["two"]


def test_accents_case_and_forms_of_letters_are_one() -> None:
    """Composed, decomposed, full width, ligatures, sharp s."""
    for forms in (
        ("École", "e\u0301COLE", "ecole"),
        ("ﬁne ＡＢＣ", "fine abc"),
        ("Straße", "STRASSE"),
        ("Ιδέα", "ΙΔΕΑ"),
    ):
        assert len({plain_letters(form) for form in forms}) == 1


@given(texts=st.lists(st.text(max_size=60), max_size=12), draft=st.text(max_size=80), most=st.integers(1, 5))
def test_any_text_can_be_compared_with_any_others(texts: list[str], draft: str, most: int) -> None:
    """Likeness lies between 0 and 1,000, the likest come first, and the order of putting changes nothing."""
    ideas = {str(number): text for number, text in enumerate(texts)}
    found = index(ideas).like(draft, most, least=0)
    assert len(found) <= most
    assert all(0 <= one.likeness <= 1000 for one in found)
    assert [-one.likeness for one in found] == sorted(-one.likeness for one in found)
    assert index(dict(reversed(ideas.items()))).like(draft, most, least=0) == found


def test_one_search_reads_a_bounded_part_of_a_large_index() -> None:
    """Of a thousand ideas with the same words, those with the draft's rare ones are still found."""
    chance, common = Random(5), "the city should have more of everything for all of us in every part"
    ideas = {str(number): f"{common} {chance.randbytes(8).hex()}" for number in range(1_000)}
    made = index({**ideas, "wanted": f"{common} lighthouse keepers"})
    assert made.like(f"{common} lighthouse keeper", 3, least=NEARLY_SAME)[0].idea == "wanted"
    assert len(grams("a" * 5_000)) < 10
