"""Holdfast's service side: the rooms behind the api, the background app and the command line."""
