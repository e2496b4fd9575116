"""The yardstick: BM25 as anyone would set it up, heading and text in one stemmed field."""

import re
import tempfile
from collections.abc import Sequence

from tantivy import (
    Document,
    Filter,
    Index,
    Occur,
    Query,
    SchemaBuilder,
    TextAnalyzerBuilder,
    Tokenizer,
)

from services.adapters.function_words import FUNCTION_WORDS
from services.adapters.lexical import Entry


class PlainBM25:
    """k1 1.2, b 0.75, English stems, function words left out of the question."""

    def __init__(self, chunks: Sequence[Entry]) -> None:
        builder = TextAnalyzerBuilder(Tokenizer.simple())
        for step in (Filter.lowercase(), Filter.ascii_fold(), Filter.stemmer("english")):
            builder = builder.filter(step)
        self._stems = builder.build()
        fields = SchemaBuilder()
        fields.add_text_field("chunk", stored=True, tokenizer_name="raw")
        fields.add_text_field("text", tokenizer_name="stems", index_option="freq")
        self._schema = fields.build()
        self._folder = tempfile.TemporaryDirectory()
        self._index = Index(self._schema, path=self._folder.name)
        self._index.register_tokenizer("stems", self._stems)
        writer = self._index.writer(64_000_000, 1)
        for chunk in chunks:
            writer.add_document(Document(chunk=[chunk.chunk_id], text=[f"{chunk.heading}\n{chunk.body}"]))
        writer.commit()
        self._index.reload()

    def search(self, question: str, k: int) -> list[tuple[str, float]]:
        words = [word for word in re.findall(r"\w+", question) if word.lower() not in FUNCTION_WORDS["en"]]
        terms = dict.fromkeys(self._stems.analyze(" ".join(words) or question))
        query = Query.boolean_query(
            [(Occur.Should, Query.term_query(self._schema, "text", term)) for term in terms]
        )
        searcher = self._index.searcher()
        hits = searcher.search(query, k, count=False).hits
        return [(searcher.doc(address)["chunk"][0], float(score)) for score, address in hits]
