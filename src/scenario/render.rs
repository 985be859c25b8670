use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
    normalize_untrusted_str,
};

use super::position::{Span, lines};
use super::problem::{Grade, Problem};
use super::reader::SourceFile;
use crate::model::is_harmless;

/// Below this nothing is readable anyway.
const NARROWEST: usize = 20;
/// Beyond this nobody reads a line to its end; also where there is no terminal.
const WIDEST: usize = 140;
/// How much of a long line is shown before and after the place in question.
const BEFORE: usize = 60;
const AFTER: usize = 200;

/// All problems of a scenario, an empty line between them.
pub(super) fn report(
    files: &[SourceFile],
    problems: &[Problem],
    unlisted: usize,
    color: bool,
    width: usize,
) -> String {
    let width = width.clamp(NARROWEST, WIDEST);
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(width);
    let texts: Vec<Cow<'_, str>> = files.iter().map(|file| tamed(&file.text)).collect();
    let texts: Vec<(&str, Vec<&str>)> =
        files.iter().zip(&texts).map(|(file, text)| (file.name.as_str(), lines(text))).collect();
    let mut shown: Vec<String> = problems
        .iter()
        .filter_map(|problem| {
            let (source, lines) = texts.get(problem.file()).or(texts.first())?;
            Some(renderer.render(&[group(source, lines, problem, width)]))
        })
        .collect();
    if unlisted > 0 {
        shown.push(format!("and {unlisted} more"));
    }
    shown.join("\n\n")
}

/// What a terminal might obey stands as `\u{fffd}`: the renderer knows of some,
/// and not of those between U+0080 and U+009F.
fn tamed(text: &str) -> Cow<'_, str> {
    let obeyed = |char: char| !matches!(char, '\n' | '\r' | '\t') && !is_harmless(char);
    match text.contains(obeyed) {
        true => text.replace(obeyed, "\u{fffd}").into(),
        false => text.into(),
    }
}

fn group<'a>(source: &'a str, lines: &[&'a str], problem: &Problem, width: usize) -> Group<'a> {
    let (level, title) = match problem.grade {
        Grade::Error => (Level::ERROR, "error: "),
        Grade::Warning => (Level::WARNING, "warning: "),
    };
    let mut group =
        Group::with_title(level.primary_title(wrapped(&problem.message, width, title.len())));
    match problem.span {
        Some(span) => {
            group = group.elements(excerpts(source, lines, span, problem.related.as_ref()))
        }
        None if problem.path.is_empty() => group = group.element(Origin::path(source)),
        None => group = group.element(Origin::path(format!("{source}: {}", problem.path))),
    }
    if let Some(hint) = &problem.hint {
        // The gutter, `= help: `.
        let indent = 10 + problem.span.map_or(1, |span| span.start.line.to_string().len());
        group = group.element(Level::HELP.message(wrapped(hint, width, indent)));
    }
    group
}

/// The line with a mark below the place, and the line of what belongs to it.
fn excerpts<'a>(
    source: &'a str,
    lines: &[&'a str],
    span: Span,
    related: Option<&(Span, String)>,
) -> Vec<Element<'a>> {
    let primary = AnnotationKind::Primary;
    let context = AnnotationKind::Context;
    let line =
        |span: Span| lines.get(span.start.line.saturating_sub(1)).copied().unwrap_or_default();
    match related {
        Some((other, label)) if other.start.line == span.start.line && !is_long(line(span)) => {
            let (shown, marked) = window(line(span), span);
            let (_, other) = window(line(span), *other);
            let snippet = snippet(source, shown, span)
                .annotation(primary.span(marked))
                .annotation(context.span(other).label(label.clone()));
            vec![snippet.into()]
        }
        Some((other, label)) => {
            let mut elements = excerpt(source, line(span), span, primary, None);
            elements.extend(excerpt(source, line(*other), *other, context, Some(label)));
            elements
        }
        None => excerpt(source, line(span), span, primary, None),
    }
}

fn excerpt<'a>(
    source: &'a str,
    line: &'a str,
    span: Span,
    kind: AnnotationKind,
    label: Option<&str>,
) -> Vec<Element<'a>> {
    let (shown, marked) = window(line, span);
    let annotation = kind.span(marked).label(label.map(str::to_owned));
    let snippet = snippet(source, shown, span).annotation(annotation);
    if is_long(line) {
        // What is shown is a part; its columns are not those of the line.
        let origin =
            Origin::path(source).line(span.start.line.max(1)).char_column(span.start.column + 1);
        return vec![origin.into(), snippet.path(None::<&str>).into()];
    }
    vec![snippet.into()]
}

fn snippet<'a>(source: &'a str, shown: &'a str, span: Span) -> Snippet<'a, Annotation<'a>> {
    Snippet::source(shown).line_start(span.start.line.max(1)).path(source)
}

fn is_long(line: &str) -> bool {
    line.len() > BEFORE + AFTER
}

/// The part of a line worth showing, and where in it the mark belongs. A span
/// of several lines is marked on its first.
fn window(line: &str, span: Span) -> (&str, Range<usize>) {
    let offset =
        |column: usize| line.char_indices().nth(column).map_or(line.len(), |(offset, _)| offset);
    let column = span.start.column;
    let from = if is_long(line) { offset(column.saturating_sub(BEFORE)) } else { 0 };
    let start = offset(column);
    let until = match line[start..].char_indices().nth(AFTER) {
        Some((end, _)) if is_long(line) => start + end,
        _ => line.len(),
    };
    let end = if span.end.line == span.start.line && span.end.column > column {
        let marked = span.end.column - column;
        line[start..until].char_indices().nth(marked).map_or(until, |(end, _)| start + end)
    } else {
        line[..until].trim_end().len().max(start)
    };
    (&line[from..until], start - from..end - from)
}

/// Breaks a sentence at spaces, so that it fits beside what it begins with.
fn wrapped(sentence: &str, width: usize, indent: usize) -> String {
    let sentence = normalize_untrusted_str(sentence);
    let room = width.saturating_sub(indent).max(NARROWEST);
    let mut wrapped = String::new();
    let mut used = 0;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            wrapped.push('\n');
            used = 0;
        } else if used > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::super::position::Position;
    use super::*;

    fn span(column: usize, end: usize) -> Span {
        Span {
            start: Position { file: 0, line: 1, column },
            end: Position { file: 0, line: 1, column: end },
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = "ä".repeat(5000);
        let (shown, marked) = window(&line, span(4000, 4003));
        assert_eq!(shown.chars().count(), BEFORE + AFTER);
        assert_eq!(&shown[marked], "äää");
    }

    #[test]
    fn places_outside_of_the_text_are_marked_at_its_end() {
        assert_eq!(window("abc", span(7, 9)), ("abc", 3..3));
        assert_eq!(window("", span(0, 0)), ("", 0..0));
    }

    #[test]
    fn sentences_are_broken_at_spaces() {
        assert_eq!(wrapped("one two three four five six", 20, 0), "one two three four\nfive six");
    }
}
