"""THE BARE MODEL BY HAND: administrators try prompts on it, without documents and without grounding."""
