"""A file's bytes to pieces: what runs inside the confined child process, and nowhere else."""
