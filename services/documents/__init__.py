"""The library: collections, documents and their versions, who reads them, and the jobs that ingest them."""
