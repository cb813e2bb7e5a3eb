"""The rules of a co-creation workshop, pure: no clock, no randomness, no I/O.

Ubiquitous language (one word per thing, everywhere):

- **Workshop**: one co-creation event or series. **Record**: its append-only event log; **position**: an event's index in it.
- **Host** runs workshops; **facilitator** leads one; **scribe** enters for people without a device; **participant** takes part.
- **Actor**: the pseudonym an event carries; `SYSTEM` acts for the clock.
- **Agenda**: the ordered **activities**; the current one decides what people may do.
- **Idea**, **comment**, **round** (one vote on its options), **ballot** (what one voter says in a round),
  **voter** (a participant's pseudonym in one round), **tally** (running result), **certificate** (final result, recomputable).
- **Sealed text**: free text that stays outside the record; the record holds only a commitment per language.

Each aggregate's file holds its commands, events, state, `decide` functions and `evolve` functions.
"""
