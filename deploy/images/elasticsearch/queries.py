"""Which documents a query of Elasticsearch's language selects. What is not known here is refused, never guessed."""

import re

RANGES = {"gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b}


class Unknown(Exception):
    """A query that this program does not know."""


def selects(query, document):
    if len(query) != 1:
        raise Unknown(f"a query has one name, and this has {len(query)}")
    [(kind, body)] = query.items()
    if kind == "match_all":
        return True
    if kind == "bool":
        return boolean(body, document)
    if kind not in ("match", "term", "range"):
        raise Unknown(f"the stand-in knows no query [{kind}]")
    [(field, wanted)] = body.items()
    values = values_of(field.removesuffix(".keyword"), document)
    if kind == "range":
        return any(all(bound(name, value, limit) for name, limit in wanted.items()) for value in values)
    if isinstance(wanted, dict):
        wanted = wanted["query" if kind == "match" else "value"]
    if kind == "term":
        return wanted in values
    words = set(words_of(wanted))
    return any(words & set(words_of(value)) for value in values)


def boolean(body, document):
    def all_of(name):
        clauses = body.get(name, [])
        return [selects(clause, document) for clause in (clauses if isinstance(clauses, list) else [clauses])]

    should = all_of("should")
    required = bool(should) and "must" not in body and "filter" not in body
    return all(all_of("must")) and all(all_of("filter")) and not any(all_of("must_not")) and (any(should) or not required)


def bound(name, value, limit):
    if name not in RANGES:
        raise Unknown(f"the stand-in knows no bound [{name}]")
    return type(value) is type(limit) and RANGES[name](value, limit)


def values_of(field, document):
    """The values at a dotted path; a list has many."""
    found = [document]
    for part in field.split("."):
        found = [one.get(part) for one in found if isinstance(one, dict)]
        found = [value for one in found for value in (one if isinstance(one, list) else [one])]
    return [value for value in found if value is not None]


def words_of(value):
    return re.findall(r"\w+", str(value).lower())
