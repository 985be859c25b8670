//! Aligned columns, one style a line, in as many columns as the terminal has.

use anstyle::Style;

use super::paint::{FAINT, paint};
use crate::report::format::{columns, one_line, padded, wrapped};

/// Spaces between two columns; one where that does not fit.
const GAPS: [usize; 2] = [2, 1];
/// Names that are longer stand on a line of their own, above their row, where
/// there is no room for them.
const LONG: usize = 24;
/// The same, however much room there is.
const LONGEST: usize = 48;

/// What a table is made of: cells without control characters.
struct Cells<'a> {
    head: &'a [&'a str],
    rows: Vec<(Style, Vec<String>)>,
}

/// The first column to the left, all others to the right. What does not fit is
/// not cut: long names get lines of their own, and a table with too many numbers
/// becomes two.
pub(super) fn table(head: &[&str], rows: &[(Style, Vec<String>)], width: usize) -> String {
    let clean = |(style, row): &(Style, Vec<String>)| {
        (*style, row.iter().map(|cell| one_line(cell)).collect())
    };
    let cells = Cells { head, rows: rows.iter().map(clean).collect() };
    let all: Vec<usize> = (1..head.len()).collect();
    match cells.layout(&all, width) {
        Some((gap, names)) => cells.lines(&all, gap, names, width),
        None => cells.parts(width).join("\n"),
    }
}

impl Cells<'_> {
    /// The columns of these numbers, widest first cell, and of names: the gap
    /// between columns and the width of the first one. `None`: they do not fit.
    fn layout(&self, of: &[usize], width: usize) -> Option<(usize, usize)> {
        let longest = self.widest(0);
        let needed = columns(self.head[0]);
        let room = |gap: usize| {
            let numbers: usize = of.iter().map(|index| self.widest(*index) + gap).sum();
            width.checked_sub(numbers).map(|room| (gap, room.min(LONGEST)))
        };
        let rooms = || GAPS.into_iter().filter_map(room);
        let whole = rooms().find(|(_, room)| longest <= *room);
        let most = || rooms().find(|(_, room)| longest.min(LONG).max(needed) <= *room);
        let some = || rooms().next_back().filter(|(_, room)| needed <= *room);
        let (gap, room) = whole.or_else(most).or_else(some)?;
        Some((gap, self.first_column(room)))
    }

    /// As wide as the widest name that fits.
    fn first_column(&self, room: usize) -> usize {
        let names = self.rows.iter().filter_map(|(_, row)| row.first()).map(|name| columns(name));
        let fitting = names.filter(|name| *name <= room).max().unwrap_or(0);
        fitting.max(columns(self.head[0]))
    }

    fn widest(&self, index: usize) -> usize {
        let cells = self.rows.iter().filter_map(|(_, row)| row.get(index));
        cells
            .map(|cell| columns(cell))
            .chain(self.head.get(index).map(|head| columns(head)))
            .max()
            .unwrap_or(0)
    }

    /// One below the other, each with as many columns as fit.
    fn parts(&self, width: usize) -> Vec<String> {
        let mut parts = Vec::new();
        let mut part: Vec<usize> = Vec::new();
        for index in 1..self.head.len() {
            part.push(index);
            if part.len() > 1 && self.layout(&part, width).is_none() {
                part.pop();
                parts.push(std::mem::replace(&mut part, vec![index]));
            }
        }
        parts.push(part);
        let least = || (1, columns(self.head[0]));
        let lines = |part: &Vec<usize>| {
            let (gap, names) = self.layout(part, width).unwrap_or_else(least);
            self.lines(part, gap, names, width)
        };
        parts.iter().map(lines).collect()
    }

    fn lines(&self, of: &[usize], gap: usize, names: usize, width: usize) -> String {
        let widths: Vec<usize> = of.iter().map(|index| self.widest(*index)).collect();
        let line = |first: &str, cells: Vec<&str>| {
            let mut line = padded(first, names);
            for (cell, width) in cells.into_iter().zip(&widths) {
                line += &" ".repeat(gap + width - columns(cell));
                line += cell;
            }
            line.trim_end().to_owned()
        };
        let head = line(self.head[0], of.iter().map(|index| self.head[*index]).collect());
        let mut text = paint(FAINT, &head) + "\n";
        for (style, row) in &self.rows {
            let cell = |index: usize| row.get(index).map_or("", String::as_str);
            let cells = of.iter().map(|index| cell(*index)).collect();
            let mut name = cell(0);
            if columns(name) > names {
                text.extend(wrapped(name, width).lines().map(|line| paint(*style, line) + "\n"));
                name = "";
            }
            text += &(paint(*style, &line(name, cells)) + "\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(head: &[&str], rows: &[&[&str]], width: usize) -> String {
        let rows: Vec<(Style, Vec<String>)> = rows
            .iter()
            .map(|row| (Style::new(), row.iter().map(|cell| (*cell).to_owned()).collect()))
            .collect();
        let text = anstream::adapter::strip_str(&table(head, &rows, width)).to_string();
        let widest = text.lines().map(columns).max();
        assert!(widest <= Some(width), "wider than {width}:\n{text}");
        text
    }

    #[test]
    fn wide_characters_keep_their_column() {
        let rows: [&[&str]; 2] = [&["名前", "1"], &["name\n", "12345"]];
        let text = shown(&["who", "count"], &rows, 20);
        assert_eq!(text, "who    count\n名前       1\nname   12345\n");
    }

    #[test]
    fn a_name_without_room_has_a_line_of_its_own() {
        let rows: [&[&str]; 2] = [&["short", "1"], &["a name that is far too long", "2"]];
        let text = shown(&["name", "count"], &rows, 22);
        let lines =
            ["name  count", "short     1", "a name that is far too", "  long", "          2"];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn numbers_without_room_become_a_second_table() {
        let head = ["name", "first", "second", "third"];
        let text = shown(&head, &[&["a", "11111", "222222", "33333"]], 18);
        let lines = ["name first second", "a    11111 222222", "", "name  third", "a     33333"];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }
}
