"""A question becomes a cited answer: the prompt, the grounding of every sentence, the flow and its routes."""
