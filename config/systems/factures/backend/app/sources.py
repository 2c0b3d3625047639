"""What the DAGs ask for: a partner's invoices, the regions of countries, and the reading of documents. All of it is invented."""

import random

REGIONS = {"France": "Europe", "Belgique": "Europe", "Sénégal": "Afrique", "Maroc": "Afrique", "Canada": "Amérique"}
PAYMENTS = ["carte", "virement", "espèces"]
FIELDS = ["id", "country", "payment", "amount"]


def invoices(count=30) -> list[dict]:
    """The same ones at every call."""
    chance = random.Random(1789)
    return [
        {"id": f"api-{number}", "country": chance.choice(list(REGIONS)), "payment": chance.choice(PAYMENTS), "amount": f"{chance.uniform(10, 900):.2f}"}
        for number in range(1, count + 1)
    ]


def read_document(text: str) -> dict:
    found = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}
    return {name: found[name] for name in FIELDS} | {"amount": f"{float(found['amount'].replace(',', '.')):.2f}"}
