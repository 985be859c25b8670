use bankrun::scenario::{Position, Problems};

/// Every place that a problem names is one of the text, and what is said of it
/// is nothing that a terminal would obey.
#[track_caller]
pub(super) fn check(problems: &Problems, text: &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = lines(text);
    for problem in problems.iter() {
        let related = problem.related.as_ref().map(|(span, _)| *span);
        for span in problem.span.into_iter().chain(related) {
            assert!(span.start <= span.end, "{problem:?}");
            // What an included file says stands there.
            if span.start.file == 0 {
                inside(span.start, &lines, problem);
                inside(span.end, &lines, problem);
            }
        }
    }
    for (color, width) in [(false, 100), (true, 20), (false, 1)] {
        problems.render(color, width);
    }
    let shown = problems.to_string();
    let obeyed = |char: char| char.is_control() && char != '\n' || char == '\u{202e}';
    assert!(!shown.contains(obeyed), "{shown:?}");
}

/// On a character of the line, or right behind its last one.
#[track_caller]
fn inside(position: Position, lines: &[usize], about: &impl std::fmt::Debug) {
    let Position { line, column, .. } = position;
    let length = line.checked_sub(1).and_then(|index| lines.get(index));
    let length = length.unwrap_or_else(|| panic!("line {line} of {}: {about:?}", lines.len()));
    assert!(column <= *length, "column {column} of {length}: {about:?}");
}

/// How many characters each line has; what ends one is not counted.
fn lines(text: &str) -> Vec<usize> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.split('\n').map(|line| line.chars().count()).collect()
}
