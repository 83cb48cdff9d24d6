"""What a writer does with the text: types, edits, lets the model continue, steps between takes."""

from random import Random

from PySide6.QtGui import QGuiApplication

from tests.soak.desk import prose, sentence
from tests.soak.hand import ALT, CONTROL, NONE, SHIFT, Hand, Key, Pauses

_MOVES = (
    (Key.Key_Left, NONE),
    (Key.Key_Right, NONE),
    (Key.Key_Up, NONE),
    (Key.Key_Down, NONE),
    (Key.Key_Home, NONE),
    (Key.Key_End, NONE),
    (Key.Key_PageUp, NONE),
    (Key.Key_PageDown, NONE),
    (Key.Key_Left, CONTROL),
    (Key.Key_Right, CONTROL),
    (Key.Key_Home, CONTROL),
    (Key.Key_End, CONTROL),
)
_LETTERS = "äßéλЖ漢字🙂👨‍👩‍👧\u00a0\u2028ع"
_LARGEST_PASTE = 200_000


def type_words(hand: Hand, chances: Random) -> Pauses:
    """What is typed is in the text, where the caret stood, whole."""
    yield from hand.to_page()
    if chances.random() < 0.3:
        hand.press(Key.Key_End, CONTROL)
    words = sentence(chances, chances.randrange(2, 12))
    editor = hand.window.editor
    was_at_rest = hand.is_at_rest
    hand.is_disturbed = False
    start, end = editor.selection
    before = hand.text
    yield from hand.write(words, editor)
    expected = before[:start] + words + before[end:]
    if was_at_rest and hand.is_at_rest and not hand.is_disturbed and hand.text != expected:
        hand.complaints.append(
            f"typed {words!r} at {start} to {end} of {len(before)}, and the text is "
            f"{hand.text[max(0, start - 20) : start + len(words) + 20]!r} there"
        )


def type_other_letters(hand: Hand, chances: Random) -> Pauses:
    """Letters of other scripts, as an input method writes them."""
    yield from hand.to_page()
    yield from hand.write("".join(chances.choices(_LETTERS, k=6)), hand.window.editor)


def press_enter(hand: Hand, chances: Random) -> Pauses:
    """A new paragraph or two."""
    yield from hand.to_page()
    for _ in range(chances.randrange(1, 3)):
        hand.press(Key.Key_Return)
        yield 0


def rub_out(hand: Hand, chances: Random) -> Pauses:
    """Letters and words go."""
    yield from hand.to_page()
    key = chances.choice((Key.Key_Backspace, Key.Key_Delete))
    modifier = chances.choice((NONE, NONE, CONTROL))
    for _ in range(chances.randrange(1, 15)):
        hand.press(key, modifier)
        yield 0


def move_caret(hand: Hand, chances: Random) -> Pauses:
    """The caret goes somewhere, by keys or by a click."""
    yield from hand.to_page()
    for _ in range(chances.randrange(1, 8)):
        key, modifier = chances.choice(_MOVES)
        hand.press(key, modifier)
        yield 0
    if chances.random() < 0.4:
        viewport = hand.window.editor.viewport()
        hand.click(viewport, hand.a_point(viewport, chances))


def select(hand: Hand, chances: Random) -> Pauses:
    """Some text is selected, or all of it."""
    yield from hand.to_page()
    if chances.random() < 0.1:
        hand.press(Key.Key_A, CONTROL)
        return
    key = chances.choice((Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down))
    modifier = SHIFT | CONTROL if chances.random() < 0.5 else SHIFT
    for _ in range(chances.randrange(1, 12)):
        hand.press(key, modifier)
        yield 0


def cut_or_copy(hand: Hand, chances: Random) -> Pauses:
    """To the clipboard, and maybe from there."""
    yield from hand.to_page()
    hand.press(chances.choice((Key.Key_X, Key.Key_C)), CONTROL)
    yield 0
    if chances.random() < 0.5:
        hand.press(Key.Key_V, CONTROL)


def paste(hand: Hand, chances: Random) -> Pauses:
    """A long text from elsewhere."""
    length = int(10 ** (2 + 3.3 * chances.random()))
    yield from hand.to_page()
    QGuiApplication.clipboard().setText(prose(chances, min(length, _LARGEST_PASTE)))
    hand.note(f"{length} characters")
    hand.press(Key.Key_V, CONTROL)
    yield 0


def undo(hand: Hand, chances: Random) -> Pauses:
    """Back, some steps."""
    yield from hand.to_page()
    for _ in range(chances.randrange(1, 8)):
        hand.shortcut(Key.Key_Z)
        yield 0


def redo(hand: Hand, chances: Random) -> Pauses:
    """And forward again."""
    yield from hand.to_page()
    for _ in range(chances.randrange(1, 8)):
        hand.shortcut(Key.Key_Z, CONTROL | SHIFT)
        yield 0


def find(hand: Hand, chances: Random) -> Pauses:
    """A word is looked for."""
    yield from hand.to_page()
    hand.shortcut(Key.Key_F)
    yield 0
    yield from hand.write(chances.choice(("the", "sea", "xyz", "🙂")))
    for _ in range(3):
        hand.press(Key.Key_F3)
        yield 10
    hand.press(Key.Key_Escape)


def continue_(hand: Hand, chances: Random) -> Pauses:
    """The model writes, some while or to its end."""
    yield from hand.to_page()
    hand.window.session.sampling.set_max_tokens(chances.choice((4, 16, 60, 300)))
    hand.shortcut(Key.Key_Return)
    yield chances.choice((0, 50, 400, 1500))


def retake(hand: Hand, chances: Random) -> Pauses:
    """Another take in place of this one."""
    yield from hand.to_page()
    hand.window.session.sampling.set_max_tokens(chances.choice((4, 16, 60)))
    hand.shortcut(Key.Key_Return, CONTROL | SHIFT)
    yield chances.choice((0, 50, 800))


def step_takes(hand: Hand, chances: Random) -> Pauses:
    """From take to take."""
    yield from hand.to_page()
    for _ in range(chances.randrange(1, 5)):
        hand.shortcut(chances.choice((Key.Key_Left, Key.Key_Left, Key.Key_Right)), ALT)
        yield 10


def escape(hand: Hand, chances: Random) -> Pauses:
    """Whatever takes long is ended."""
    for _ in range(chances.choice((1, 1, 2))):
        hand.shortcut(Key.Key_Escape, NONE)
        yield 20


def alternatives(hand: Hand, chances: Random) -> Pauses:
    """What else could stand here is asked, and maybe taken."""
    yield from hand.to_page()
    hand.shortcut(Key.Key_Down, ALT)
    yield 150
    for _ in range(chances.randrange(1, 5)):
        hand.press(chances.choice((Key.Key_Down, Key.Key_Down, Key.Key_Up, Key.Key_Right)))
        yield 20
    if chances.random() < 0.2:
        yield from hand.write(sentence(chances, 1), hand.keyboard)
    hand.press(chances.choice((Key.Key_Return, Key.Key_Escape)))


def write_brief(hand: Hand, chances: Random) -> Pauses:
    """A few words more or less for the model."""
    yield from hand.to_page()
    edit = hand.window.brief.edit
    if not edit.isVisible():
        return
    edit.setFocus()
    if chances.random() < 0.3:
        hand.press(Key.Key_A, CONTROL)
        hand.press(Key.Key_Delete)
    yield from hand.write(sentence(chances, 4), edit)
    hand.window.editor.setFocus()


def heat_passage(hand: Hand, chances: Random) -> Pauses:
    """A paragraph, or what is selected, gets a temperature of its own, another, or none again."""
    yield from hand.to_page()
    hand.window.actions_.passage.only.trigger()
    yield 20
    slider = hand.window.temperature.slider
    for _ in range(chances.randrange(4)):
        hand.wheel(slider, slider.rect().center(), chances.choice((-2, 1, 3)))
        yield 10


def pin(hand: Hand, chances: Random) -> Pauses:
    """What is selected, or the paragraph, is always sent, or never, or as any other."""
    yield from hand.to_page()
    chances.choice(hand.window.actions_.passages).trigger()
    yield 0


def write_note(hand: Hand, chances: Random) -> Pauses:
    """A note for the model is begun, or written on."""
    notes = hand.window.notes
    notes.open()
    yield 20
    if notes.dock is None:
        return
    panel = notes.dock.panel
    if chances.random() < 0.6 or not panel.text.isVisible():
        panel.add()
        yield 0
    yield from hand.write(sentence(chances, 3), panel.text)
    hand.window.editor.setFocus()
