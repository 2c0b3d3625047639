"""The products of the catalogue's page, as JSON lines in /data/products.jsonl."""

import json
import os
from html.parser import HTMLParser
from pathlib import Path

import httpx


class Catalogue(HTMLParser):
    """Reads rows of cells with the class `product`."""

    def __init__(self):
        super().__init__()
        self.rows, self.in_cell = [], False

    def handle_starttag(self, tag, attributes):
        if tag == "tr" and ("class", "product") in attributes:
            self.rows.append([])
        self.in_cell = tag == "td"

    def handle_data(self, data):
        if self.in_cell and self.rows and data.strip():
            self.rows[-1].append(data.strip())


page = Catalogue()
page.feed(httpx.get(os.environ["CATALOGUE_URL"], timeout=30).raise_for_status().text)
products = [{"id": int(number), "name": name, "category": category, "price": float(price)} for number, name, category, price in page.rows]
assert products, "the page has no products"
Path("/data/products.jsonl").write_text("".join(json.dumps(product) + "\n" for product in products))
print(f"{len(products)} products scraped")
