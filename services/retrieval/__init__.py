"""QUESTION → PASSAGES: dense and lexical search, fused and checked in SQL; the indexes' only reader."""
