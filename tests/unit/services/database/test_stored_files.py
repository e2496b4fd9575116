"""Every column that holds a digest is either marked as naming a stored file or known not to."""

from services.database import stored_files, tables

OTHER_DIGESTS = {
    "api_keys.key_digest",
    "audit_entries.content_digest",
    "audit_keys.digest",
    "audit_seals.digest",
    "evaluations.set_digest",
    "source_items.file_digest",  # what was last seen at the source; the version names the file
    "source_items.key_digest",
    "source_run_items.key_digest",
    "upload_keys.body_digest",
    "upload_keys.key_digest",
    "used_tokens.digest",
    "web_sessions.token_digest",
}


def test_a_new_column_with_digests_says_whether_it_names_files():
    named = {str(column) for column in stored_files.naming_columns()}
    assert {"versions.file_digest", "versions.text_digest", "versions.vectors_digest"} <= named
    every = {
        str(column)
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("digest")
    }
    unknown = every - named - OTHER_DIGESTS
    assert not unknown, "mark with NAMES_FILE what names a stored file, or its files are removed as orphans"
