//! From the text of a pattern to its items. Which `)` ends which `(`, and what
//! `%1` means, depends on the text alone.

use super::class::Set;
use super::pattern::{Item, Kind, Mistake, Pattern, Repeat, Single};

/// As many as Lua has.
const MOST_CAPTURES: usize = 32;

pub(super) fn compile(text: &[u8]) -> Pattern {
    let mut reading = Reading { rest: text, sets: Vec::new(), captures: Vec::new() };
    let mut items = Vec::new();
    while !reading.rest.is_empty() {
        match reading.item() {
            Ok(item) => items.push(item),
            // Nothing comes past this.
            Err(mistake) => {
                items.push(Item::Malformed(mistake));
                break;
            }
        }
    }
    let Reading { sets, captures, .. } = reading;
    Pattern { items, sets, captures, is_anchored: false }
}

struct Reading<'a> {
    rest: &'a [u8],
    sets: Vec<Set>,
    captures: Vec<Kind>,
}

impl Reading<'_> {
    fn item(&mut self) -> Result<Item, Mistake> {
        match *self.rest {
            [b'(', b')', ..] => self.open(Kind::Position, 2),
            [b'(', ..] => self.open(Kind::Unfinished, 1),
            [b')', ..] => self.close(),
            [b'$'] => Ok(self.skip(1, Item::End)),
            [b'%', b'b', ref arguments @ ..] => match *arguments {
                [begin, end, ..] => Ok(self.skip(4, Item::Balance(begin, end))),
                _ => Err(Mistake::NoArguments),
            },
            [b'%', b'f', ref set @ ..] => {
                if set.first() != Some(&b'[') {
                    return Err(Mistake::NoFrontier);
                }
                self.skip(2, ());
                self.set().map(Item::Frontier)
            }
            [b'%', digit @ b'0'..=b'9', ..] => {
                let item = self.back(digit)?;
                Ok(self.skip(2, item))
            }
            _ => {
                let single = self.single()?;
                let repeat = match self.rest.first() {
                    Some(b'?') => Repeat::Optional,
                    Some(b'*') => Repeat::Any,
                    Some(b'+') => Repeat::Some,
                    Some(b'-') => Repeat::Few,
                    _ => return Ok(Item::Single(single, Repeat::Once)),
                };
                Ok(self.skip(1, Item::Single(single, repeat)))
            }
        }
    }

    fn open(&mut self, kind: Kind, length: usize) -> Result<Item, Mistake> {
        if self.captures.len() >= MOST_CAPTURES {
            return Err(Mistake::TooManyCaptures);
        }
        self.captures.push(kind);
        Ok(self.skip(length, Item::Open((self.captures.len() - 1) as u8)))
    }

    fn close(&mut self) -> Result<Item, Mistake> {
        let open = self.captures.iter().rposition(|kind| *kind == Kind::Unfinished);
        let open = open.ok_or(Mistake::NothingToClose)?;
        self.captures[open] = Kind::Text;
        Ok(self.skip(1, Item::Close(open as u8)))
    }

    fn back(&self, digit: u8) -> Result<Item, Mistake> {
        let number = i16::from(digit - b'0');
        let index = usize::try_from(number - 1).ok();
        match index.and_then(|index| self.captures.get(index)) {
            Some(Kind::Text) => Ok(Item::Back((number - 1) as u8)),
            Some(Kind::Position) => Ok(Item::Never),
            Some(Kind::Unfinished) | None => Err(Mistake::CaptureIndex(number)),
        }
    }

    fn single(&mut self) -> Result<Single, Mistake> {
        match *self.rest {
            [b'.', ..] => Ok(self.skip(1, Single::Any)),
            [b'%', class, ..] => Ok(self.skip(2, Single::Class(class))),
            [b'%'] => Err(Mistake::EndsWithEscape),
            [b'[', ..] => self.set().map(Single::Set),
            [byte, ..] => Ok(self.skip(1, Single::Byte(byte))),
            [] => Err(Mistake::EndsWithEscape),
        }
    }

    /// The first character behind `[` or `[^` is of the set, also where it is `]`.
    fn set(&mut self) -> Result<u32, Mistake> {
        let text = &self.rest[1..];
        let mut end = usize::from(text.first() == Some(&b'^'));
        loop {
            end += match text.get(end).ok_or(Mistake::NoBracket)? {
                b'%' if end + 1 < text.len() => 2,
                _ => 1,
            };
            if text.get(end) == Some(&b']') {
                break;
            }
        }
        self.sets.push(Set::of_brackets(&text[..end]));
        Ok(self.skip(end + 2, (self.sets.len() - 1) as u32))
    }

    fn skip<T>(&mut self, length: usize, found: T) -> T {
        self.rest = &self.rest[length..];
        found
    }
}
