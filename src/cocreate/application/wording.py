"""Texts as people send them: a plain string in the workshop's first language, or the text in each of several languages.

White space at the ends is cut off; what is left must have 1 to so many characters, in canonical form.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from cocreate.domain.agenda import ACTIVITY_TITLE_LENGTH_MAX
from cocreate.domain.answer import ANSWER_REASON_LENGTH_MAX
from cocreate.domain.cluster import CLUSTER_NAME_LENGTH_MAX
from cocreate.domain.comment import COMMENT_LENGTH_MAX
from cocreate.domain.commitment import (
    COMMITMENT_LENGTH_MAX,
    COMMITMENT_WHO_LENGTH_MAX,
    EVIDENCE_LENGTH_MAX,
)
from cocreate.domain.decision import DECISION_LENGTH_MAX, DECISION_WHY_LENGTH_MAX
from cocreate.domain.idea import IDEA_TEXT_LENGTH_MAX, IDEA_TITLE_LENGTH_MAX
from cocreate.domain.messages import LANGUAGES_MAX, Language
from cocreate.domain.objection import REASON_LENGTH_MAX
from cocreate.domain.opening import QUESTION_LENGTH_MAX
from cocreate.domain.participant import NAME_LENGTH_MAX
from cocreate.domain.workshop import NOTE_LENGTH_MAX, PURPOSE_LENGTH_MAX, TITLE_LENGTH_MAX
from cocreate.record.sealed_text import canonical_text

_CANONICAL: Final = AfterValidator(canonical_text)
_BY_LANGUAGE: Final = Field(min_length=1, max_length=LANGUAGES_MAX)


def _length(length_max: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=length_max)


_Title = Annotated[str, _length(TITLE_LENGTH_MAX), _CANONICAL]
_Purpose = Annotated[str, _length(PURPOSE_LENGTH_MAX), _CANONICAL]
_Note = Annotated[str, _length(NOTE_LENGTH_MAX), _CANONICAL]
_ActivityTitle = Annotated[str, _length(ACTIVITY_TITLE_LENGTH_MAX), _CANONICAL]
_Name = Annotated[str, _length(NAME_LENGTH_MAX), _CANONICAL]
_IdeaText = Annotated[str, _length(IDEA_TEXT_LENGTH_MAX), _CANONICAL]
_IdeaTitle = Annotated[str, _length(IDEA_TITLE_LENGTH_MAX), _CANONICAL]
_CommentText = Annotated[str, _length(COMMENT_LENGTH_MAX), _CANONICAL]
_Reason = Annotated[str, _length(REASON_LENGTH_MAX), _CANONICAL]
_Question = Annotated[str, _length(QUESTION_LENGTH_MAX), _CANONICAL]
_Decision = Annotated[str, _length(DECISION_LENGTH_MAX), _CANONICAL]
_Why = Annotated[str, _length(DECISION_WHY_LENGTH_MAX), _CANONICAL]
_ClusterName = Annotated[str, _length(CLUSTER_NAME_LENGTH_MAX), _CANONICAL]
_Promise = Annotated[str, _length(COMMITMENT_LENGTH_MAX), _CANONICAL]
_Promiser = Annotated[str, _length(COMMITMENT_WHO_LENGTH_MAX), _CANONICAL]
_Evidence = Annotated[str, _length(EVIDENCE_LENGTH_MAX), _CANONICAL]
_AnswerReason = Annotated[str, _length(ANSWER_REASON_LENGTH_MAX), _CANONICAL]

Wording = str | Mapping[Language, str]
Title = _Title | Annotated[dict[Language, _Title], _BY_LANGUAGE]
Purpose = _Purpose | Annotated[dict[Language, _Purpose], _BY_LANGUAGE]
Note = _Note | Annotated[dict[Language, _Note], _BY_LANGUAGE]
ActivityTitle = _ActivityTitle | Annotated[dict[Language, _ActivityTitle], _BY_LANGUAGE]
Name = _Name | Annotated[dict[Language, _Name], _BY_LANGUAGE]
Reason = _Reason | Annotated[dict[Language, _Reason], _BY_LANGUAGE]
IdeaText = _IdeaText | Annotated[dict[Language, _IdeaText], _BY_LANGUAGE]
IdeaTitle = _IdeaTitle | Annotated[dict[Language, _IdeaTitle], _BY_LANGUAGE]
CommentText = _CommentText | Annotated[dict[Language, _CommentText], _BY_LANGUAGE]
Question = _Question | Annotated[dict[Language, _Question], _BY_LANGUAGE]
DecisionText = _Decision | Annotated[dict[Language, _Decision], _BY_LANGUAGE]
Why = _Why | Annotated[dict[Language, _Why], _BY_LANGUAGE]
ClusterName = _ClusterName | Annotated[dict[Language, _ClusterName], _BY_LANGUAGE]
Promise = _Promise | Annotated[dict[Language, _Promise], _BY_LANGUAGE]
Promiser = _Promiser | Annotated[dict[Language, _Promiser], _BY_LANGUAGE]
Evidence = _Evidence | Annotated[dict[Language, _Evidence], _BY_LANGUAGE]
AnswerReason = _AnswerReason | Annotated[dict[Language, _AnswerReason], _BY_LANGUAGE]
