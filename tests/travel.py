"""One page of a travel policy: what is asked of it, what is true, and what a model might make of it."""

QUESTION = "How much may employees claim per night for a hotel in Lyon?"
TRUE = "Employees may claim up to 45 euros per night for a hotel in Lyon."
LIE = "Employees may claim up to 90 euros per night for a hotel in Lyon."
ALSO_TRUE = "Receipts are handed in within 30 days of the return."
PIECES = [f"{TRUE} Receipts are", ALSO_TRUE.removeprefix("Receipts are")]
"""With the first piece the first sentence is whole: the next one has begun."""
UNANSWERABLE = "Which violinist won the Reykjavik chess championship?"
TEXTS = [
    f"{TRUE} {ALSO_TRUE}",
    "Train journeys are booked in second class. First class needs a permission of the finance department.",
]
