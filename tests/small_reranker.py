"""A cross-encoder of one layer with weights drawn by a seed: it answers nothing, but it is a real one."""

from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from services.adapters.embedder import bundled_folder


def write_small_reranker(folder: Path, labels: int = 1) -> Path:
    """Save one of `labels` scores a pair, with the bundled embedder's tokenizer."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(bundled_folder()), local_files_only=True)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=128,
        num_labels=labels,
    )
    network = BertForSequenceClassification(config)
    network.classifier.weight.data *= 50  # else every pair gets about the same score
    network.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder
