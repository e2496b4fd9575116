"""The model: how it is verified, started and, later, fetched and quantized."""
