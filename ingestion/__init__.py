"""Holdfast's ingestion side: what turns a stored file into chunks that can be found."""
