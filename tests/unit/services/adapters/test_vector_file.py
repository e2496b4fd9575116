import json
import shutil
from hashlib import sha256

import numpy as np
import pytest

from services import errors
from services.adapters import vector_file
from services.adapters.vector_file import VectorFile
from services.adapters.vector_segment import VersionVectors


def chunk(name):
    return sha256(name.encode()).hexdigest()


def rows(count, seed=0):
    drawn = np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def version(name, scope=1, count=3, seed=0):
    return VersionVectors(
        name, scope, [chunk(f"{name}-{number}") for number in range(count)], rows(count, seed)
    )


@pytest.fixture
def file(tmp_path):
    file = VectorFile(tmp_path / "vectors")
    yield file
    file.close()


def fill(file, *versions, position=1):
    file.add(versions)
    file.commit(position)


def found(file, vector, scopes=None, k=10):
    return [chunk_id for chunk_id, _similarity in file.search(vector, k, scopes)]


def test_nearest_first_with_cosine_similarity(file):
    fill(file, version("a", count=20))
    hits = file.search(rows(20)[7], 3)
    assert hits[0] == (chunk("a-7"), pytest.approx(1.0, abs=1e-5))
    assert [similarity for _, similarity in hits] == pytest.approx(np.sort(rows(20) @ rows(20)[7])[::-1][:3])


def test_search_keeps_to_the_scopes(file):
    fill(file, version("a", 1), version("b", 2, seed=1), version("c", 3, seed=2))
    assert set(found(file, rows(1)[0], {1, 3})) == {*version("a").ids, *version("c").ids}
    assert found(file, rows(1)[0], set()) == []
    assert (file.count(), file.count({2}), file.count({9})) == (9, 3, 0)


def test_named_chunks_are_judged(file):
    fill(file, version("a"), position=1)
    fill(file, version("b", seed=1), position=2)
    assert file.similarities(rows(3)[1], [chunk("a-1"), chunk("b-0"), chunk("unknown")]) == {
        chunk("a-1"): pytest.approx(1.0, abs=1e-5),
        chunk("b-0"): pytest.approx(float(rows(3, 1)[0] @ rows(3)[1]), abs=1e-5),
    }
    assert file.similarities(rows(1)[0], []) == {}


def test_nothing_is_found_before_the_commit(file):
    file.add([version("a")])
    assert file.count() == 0
    file.commit(1)
    assert file.count() == 3


def test_a_removed_version_is_gone_and_may_come_back(file):
    fill(file, version("a"), version("b", seed=1))
    file.remove_version("a")
    file.commit(2)
    assert set(found(file, rows(1)[0])) == set(version("b").ids)
    assert file.similarities(rows(1)[0], [chunk("a-0")]) == {}
    fill(file, version("a"), position=3)
    assert file.count() == 6


def test_a_version_put_in_again_has_its_new_scope_only(file):
    fill(file, version("a", 1))
    fill(file, version("a", 2), position=2)
    assert (file.count({1}), file.count({2})) == (0, 3)


def test_many_small_changes_stay_few_segments(file):
    for number in range(40):
        fill(file, version(f"v{number}", seed=number), position=number)
    assert file.count() == 120
    assert len(file._opened().segments) <= vector_file.MOST_SEGMENTS


def test_what_was_written_survives_a_restart(file, tmp_path):
    file.write([version("a", 1), version("b", 2, seed=1)], 7)
    fill(file, version("c", 3, seed=2), position=9)
    assert file.count() == 9
    file.close()
    again = VectorFile(tmp_path / "vectors")
    assert (again.position(), again.count(), again.count({2})) == (7, 6, 3)
    assert found(again, rows(3)[1])[0] == chunk("a-1")
    assert again.similarities(rows(3, 1)[2], [chunk("b-2")]) == {chunk("b-2"): pytest.approx(1.0, abs=1e-5)}
    again.close()


def test_much_change_is_written_into_the_file_in_the_order_of_scopes(file, tmp_path, monkeypatch):
    monkeypatch.setattr(vector_file, "MOST_ROWS_BESIDE", 5)
    file.write([version("a", 2)], 1)
    fill(file, version("b", 1, seed=1), position=2)
    assert not file.settle()
    file.remove_version("a")
    fill(file, version("c", 3, seed=2), position=3)
    assert file.settle()
    assert [one.scope for one in file.versions()] == [1, 3]
    file.close()
    again = VectorFile(tmp_path / "vectors")
    assert (again.position(), again.count()) == (3, 6)
    assert len(list((tmp_path / "vectors").glob("at-*"))) == 1
    again.close()


def test_an_empty_library_is_written_too(file, tmp_path):
    file.write([], 4)
    assert (file.position(), file.count(), found(file, rows(1)[0])) == (4, 0, [])


@pytest.mark.parametrize("damaged", ["vectors.f32", "ids.bin", "order.i64", "spans.json"])
def test_a_damaged_file_starts_at_zero(file, tmp_path, damaged):
    file.write([version("a")], 5)
    file.close()
    for path in (tmp_path / "vectors").glob(f"at-*/{damaged}"):
        path.write_bytes(b"x")
    assert (file.position(), file.count()) == (0, 0)
    file.write([version("a")], 6)
    assert (file.position(), file.count()) == (6, 3)


def test_a_file_of_another_form_starts_at_zero(file, tmp_path):
    file.write([version("a")], 5)
    file.close()
    path = tmp_path / "vectors" / "current.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"form": 0}))
    assert file.position() == 0


def test_a_wiped_folder_starts_at_zero(file, tmp_path):
    file.write([version("a")], 5)
    file.close()
    shutil.rmtree(tmp_path / "vectors")
    assert file.position() == 0
    file.clear()
    fill(file, version("a"))
    assert file.count() == 3


def test_a_second_writer_is_told_why_it_may_not(file, tmp_path):
    fill(file, version("a"))
    second = VectorFile(tmp_path / "vectors")
    with pytest.raises(errors.IndexUnavailable, match="another running process"):
        second.commit(2)
    second.close()


def test_vectors_that_do_not_fit_are_refused(file):
    with pytest.raises(errors.HoldfastError, match="do not fit"):
        file.add([VersionVectors("a", 1, [chunk("a")], rows(2))])


def test_a_write_that_fails_leaves_what_was_there(file, tmp_path):
    file.write([version("a")], 5)

    def failing():
        yield version("b")
        raise errors.DatabaseUnavailable

    with pytest.raises(errors.DatabaseUnavailable):
        file.write(failing(), 6)
    assert (file.position(), file.count()) == (5, 3)


def test_pickled_arrays_are_refused():
    with pytest.raises(ValueError, match="pickle"):
        vector_file.read_array(
            b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(128)
            + b"\n"
        )
