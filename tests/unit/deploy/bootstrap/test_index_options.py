from deploy.bootstrap import index_options

LISTING = """\
:env:.find-links='/wheels'
global.cert='/etc/ca.crt'
global.extra-index-url='file:///a/simple file:///b/simple'
global.find-links='/other'
global.index-url='https://packages.example/simple'
install.trusted-host='packages.example'
"""


def test_a_variable_wins_over_the_files() -> None:
    assert index_options.pip_settings(LISTING)["find-links"] == "/wheels"


def test_pips_indexes_become_uvs() -> None:
    options = index_options.uv_options(index_options.pip_settings(LISTING))
    pairs = list(zip(options[::2], options[1::2], strict=True))
    assert pairs == [
        ("--index-strategy", "unsafe-best-match"),
        ("--default-index", "https://packages.example/simple"),
        ("--index", "file:///a/simple"),
        ("--index", "file:///b/simple"),
        ("--find-links", "/wheels"),
        ("--allow-insecure-host", "packages.example"),
    ]


def test_without_settings_uv_keeps_its_own_index() -> None:
    assert index_options.uv_options(index_options.pip_settings("")) == list(index_options.ANY_INDEX)


def test_no_index_is_kept() -> None:
    assert "--no-index" in index_options.uv_options(index_options.pip_settings("global.no-index='true'\n"))
