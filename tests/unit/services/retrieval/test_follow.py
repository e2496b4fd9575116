import shutil
import threading

import pytest

from services import errors
from services.database import changes
from services.database.session import now
from services.database.tables.library import Change, Document, IndexReplica
from services.documents.scopes import intern_scope
from services.retrieval import follow
from services.retrieval.follow import catch_up
from services.retrieval.following import IndexFollower
from tests.parts import wait_until


@pytest.fixture
def shelf(library):
    library.add(library.collection("shelf", "everyone"), "a.md", ["travel by train", "travel by bus"])
    return library


def found(library, text, scopes=None):
    return [chunk_id for chunk_id, _score in library.resources.lexical.search(text, 10, scopes)]


def remove(library, chunk_id):
    document_id = library.document_of(chunk_id)
    with library.resources.transactions.write() as session:
        document = session.get_one(Document, document_id)
        document.deleted_at = now()
        changes.append(session, document.versions[-1].id, "remove")


def test_published_versions_are_found(shelf):
    assert catch_up(shelf.resources) == 0
    assert len(found(shelf, "travel")) == 2
    assert shelf.resources.lexical.position() == 1


def test_later_changes_are_applied(shelf):
    catch_up(shelf.resources)
    (added,) = shelf.add(shelf.collection("other", "everyone"), "b.md", ["travel by plane"])
    catch_up(shelf.resources)
    assert found(shelf, "plane") == [added]
    remove(shelf, added)
    catch_up(shelf.resources)
    assert found(shelf, "plane") == []
    assert shelf.resources.lexical.count() == 2


def test_applying_twice_leaves_one_of_each(shelf, monkeypatch):
    catch_up(shelf.resources)
    with shelf.resources.transactions.write() as session:
        version = session.query(Change).one().version_id
        for _ in range(5):
            changes.append(session, version, "publish")
    monkeypatch.setattr(follow, "CHANGES_AT_ONCE", 2)
    catch_up(shelf.resources)
    assert shelf.resources.lexical.count() == 2
    assert shelf.resources.lexical.position() == 6


def test_a_narrowed_document_gets_its_new_scope(shelf):
    catch_up(shelf.resources)
    hr = shelf.group("hr")
    with shelf.resources.transactions.write() as session:
        document = session.query(Document).one()
        scope = intern_scope(session, document.collection_id, [hr])
        document.scope_id = scope.id
        changes.append(session, document.versions[0].id, "publish")
    catch_up(shelf.resources)
    assert len(found(shelf, "travel", {scope.id})) == 2
    assert found(shelf, "travel", {scope.id - 1}) == []


def test_a_wiped_index_is_rebuilt_from_sql(shelf, tmp_path):
    catch_up(shelf.resources)
    shelf.resources.lexical.close()
    shutil.rmtree(tmp_path / "lexical")
    catch_up(shelf.resources)
    assert len(found(shelf, "travel")) == 2


def test_a_database_set_back_makes_the_index_anew(shelf):
    shelf.resources.lexical.commit(99)
    catch_up(shelf.resources)
    assert shelf.resources.lexical.position() == 1
    assert len(found(shelf, "travel")) == 2


def test_a_long_way_is_left_to_the_thread(shelf):
    for number in range(3):
        shelf.add(shelf.collection(f"c{number}", "everyone"), "b.md", ["more"])
    assert catch_up(shelf.resources, at_most=2) == 4
    assert shelf.resources.lexical.position() == 0


def test_nothing_to_follow_is_no_error(library):
    assert catch_up(library.resources) == 0


def test_two_at_once_leave_one_of_each(shelf):
    threads = [threading.Thread(target=catch_up, args=(shelf.resources,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shelf.resources.lexical.count() == 2


def test_the_thread_follows_when_woken_and_reports(shelf):
    with IndexFollower(shelf.resources, every_s=60) as follower:
        wait_until(lambda: len(found(shelf, "travel")) == 2, "the first look")
        shelf.add(shelf.collection("other", "everyone"), "b.md", ["travel by plane"])
        follower.wake()
        wait_until(lambda: len(found(shelf, "travel")) == 3, "what was published since")
        wait_until(lambda: replicas(shelf) == [(1, 2)], "the report")
    assert replicas(shelf) == []


def replicas(library):
    with library.resources.transactions.read() as session:
        return [(row.position, row.chunks) for row in session.query(IndexReplica)]


def test_the_thread_outlives_a_failure(shelf):
    class FailingOnce:
        def __init__(self, lexical):
            self.lexical, self.failures = lexical, 0

        def __getattr__(self, name):
            if name == "position" and self.failures == 0:
                self.failures += 1
                raise errors.IndexUnavailable
            return getattr(self.lexical, name)

    failing = shelf.replaced(lexical=FailingOnce(shelf.resources.lexical))
    with IndexFollower(failing.resources, every_s=0.01):
        wait_until(lambda: len(found(shelf, "travel")) == 2, "the first look")


def test_vectors_follow_what_is_added_narrowed_and_removed(shelf):
    vectors = shelf.resources.vectors
    assert follow.catch_up_vectors(shelf.resources) == 0
    assert vectors.count() == 2
    (added,) = shelf.add(shelf.collection("other", "everyone"), "b.md", ["travel by plane"])
    follow.catch_up_vectors(shelf.resources)
    assert (vectors.count(), vectors.position()) == (3, 2)
    hr = shelf.group("hr")
    with shelf.resources.transactions.write() as session:
        document = session.get_one(Document, shelf.document_of(added))
        scope = intern_scope(session, document.collection_id, [hr])
        document.scope_id = scope.id
        changes.append(session, document.versions[0].id, "publish")
    follow.catch_up_vectors(shelf.resources)
    assert vectors.count({scope.id}) == 1
    remove(shelf, added)
    follow.catch_up_vectors(shelf.resources)
    assert (vectors.count(), vectors.count({scope.id})) == (2, 0)


def test_a_wiped_vector_file_is_rebuilt_by_copying(shelf, tmp_path):
    follow.catch_up_vectors(shelf.resources)
    shelf.resources.vectors.close()
    shutil.rmtree(tmp_path / "vectors")
    assert follow.catch_up_vectors(shelf.resources) == 0
    assert shelf.resources.vectors.count() == 2
