"""The words of rich text: which of its groups hold no text, what its letters are written in."""

import re

token = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)|[\r\n\\]",
    re.S,
)

SKIPPED = frozenset(
    """aftncn aftnsep aftnsepc annotation atnauthor atndate atnicn atnid atnparent atnref atntime atrfend
    atrfstart author background bkmkend bkmkstart blipuid buptim category colorschememapping colortbl
    comment company creatim datafield datastore defchp defpap do doccomm docvar fchars ffdeftext
    ffentrymcr ffexitmcr ffformat ffhelptext ffl ffname ffstattext file filetbl fldinst footer footerf
    footerl footerr formfield ftncn ftnsep ftnsepc g generator gridtbl header headerf headerl headerr hlfr
    hlfrsrc hlinkbase hlloc hlsrc htmltag keycode keywords latentstyles lchars levelnumbers leveltext
    listlevel listname listoverride listoverridetable listpicture liststylename listtable lsdlockedexcept
    manager mhtmltag mmathPr nesttableprops nextfile nonesttables nonshppict objalias objclass objdata
    object objname objsect objtime oldcprops oldpprops oldsprops oldtprops operator panose password
    passwordhash pgp pgptbl picprop pict pn pnseclvl pntxta pntxtb printim private propname protend
    protstart protusertbl pxe revtim rsidtbl rxe shppict shprslt sn sp staticval sv svb tc template
    themedata txe userprops vern version wgrffmtfilter windowcaption writereservation writereservhash xe
    xform xmlattrname xmlattrvalue xmlclose xmlname xmlnstbl xmlopen""".split()  # noqa: SIM905 - a hundred quoted words would hide them
)
READ_THOUGH_STARRED = frozenset(
    {"shpinst", "shptxt", "shp", "ud", "upr", "footnote", "cs", "pntext", "listtext"}
)
LETTERS = {
    "emdash": "\u2014",
    "endash": "\u2013",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "bullet": "\u2022",
    "tab": "\t",
    "line": "\n",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "softline": "\n",
    "lbr": "\n",
    "page": " ",
    "column": " ",
}
SYMBOLS = {"~": "\u00a0", "_": "-", "-": "", "|": "", ":": "", "\\": "\\", "{": "{", "}": "}", "\t": "\t"}
CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gbk",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    255: "cp437",
}
DOCUMENT_SETS = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
PAGES = {10000: "mac_roman", 936: "gbk", 65001: "utf-8", 0: "cp1252"}
SYMBOL_SET = 2


def code_page(number: int) -> str:
    return PAGES.get(number, f"cp{number}")
