"""Makes compiled translations, with Qt's own `lrelease`."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))
import make_translations


def compiled_translation(
    folder: Path, language: str, texts: Mapping[tuple[str, str], Sequence[str]]
) -> Path:
    """The file ``studio_LANGUAGE.qm`` in a folder.

    Args:
        folder: Where to.
        language: Its code.
        texts: The forms of each English text with its comment; of one without a count, one.
    """
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name")
    for (text, comment), forms in texts.items():
        is_counted = len(forms) > 1
        message = ElementTree.SubElement(
            context, "message", {"numerus": "yes"} if is_counted else {}
        )
        ElementTree.SubElement(message, "source").text = text
        if comment:
            ElementTree.SubElement(message, "comment").text = comment
        translation = ElementTree.SubElement(message, "translation")
        if is_counted:
            for form in forms:
                ElementTree.SubElement(translation, "numerusform").text = form
        else:
            (translation.text,) = forms
    file = folder / f"studio_{language}.ts"
    ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    return make_translations.release(file)
