use super::pattern::{Capture, Item, Kind, Mistake, Pattern, Repeat, Single};

/// How deep items that can be matched in several ways may follow each other: as
/// Lua has it.
const DEEPEST: u32 = 200;
/// Steps between two questions whether to go on: some 50 microseconds.
const STRIDE: usize = 1 << 14;

/// Looks for a pattern in a text, for as long as `may_go_on` says so.
pub(in crate::script) struct Matcher<'a, F> {
    pattern: &'a Pattern,
    text: &'a [u8],
    /// Where each capture began and ended, as far as it is known.
    captures: [(usize, usize); 32],
    /// Until the next question.
    steps: usize,
    may_go_on: F,
}

/// A match, from one byte to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::script) struct Found {
    pub(in crate::script) start: usize,
    pub(in crate::script) end: usize,
}

/// Why a search has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::script) enum Fault {
    /// An error of Lua.
    Message(String),
    /// It was not to go on.
    Stopped,
}

impl From<Mistake> for Fault {
    fn from(mistake: Mistake) -> Self {
        Self::Message(mistake.to_string())
    }
}

impl<'a, F: FnMut() -> bool> Matcher<'a, F> {
    pub(in crate::script) fn new(pattern: &'a Pattern, text: &'a [u8], may_go_on: F) -> Self {
        Self { pattern, text, captures: [(0, 0); 32], steps: STRIDE, may_go_on }
    }

    /// The first match that begins at `from` or behind it and does not end at
    /// `last`.
    pub(in crate::script) fn search(
        &mut self,
        from: usize,
        last: Option<usize>,
    ) -> Result<Option<Found>, Fault> {
        for start in from..=self.text.len() {
            if let Some(end) = self.match_from(start, 0, DEEPEST)?.filter(|end| last != Some(*end))
            {
                return Ok(Some(Found { start, end }));
            }
            if self.pattern.is_anchored {
                break;
            }
        }
        Ok(None)
    }

    /// The captures of the match that was found; `whole`: where there are none,
    /// the match itself is one.
    pub(in crate::script) fn captures(
        &self,
        found: Found,
        whole: bool,
    ) -> Result<Vec<Capture>, Fault> {
        let count = self.pattern.captures.len().max(usize::from(whole));
        (0..count).map(|index| self.capture(found, index)).collect()
    }

    /// The capture of that number, from 0. Without captures the first is the match.
    pub(in crate::script) fn capture(&self, found: Found, index: usize) -> Result<Capture, Fault> {
        let (start, end) = self.captures[index.min(31)];
        match self.pattern.captures.get(index) {
            Some(Kind::Text) => Ok(Capture::Text(start, end)),
            Some(Kind::Position) => Ok(Capture::Position(start)),
            Some(Kind::Unfinished) => Err(Fault::Message("unfinished capture".to_owned())),
            None if index == 0 => Ok(Capture::Text(found.start, found.end)),
            None => Err(Mistake::CaptureIndex(index as i16 + 1).into()),
        }
    }

    /// Counts what was done beside matching.
    pub(in crate::script) fn count(&mut self, steps: usize) -> Result<(), Fault> {
        match self.steps.checked_sub(steps.max(1)) {
            Some(left) => self.steps = left,
            None if (self.may_go_on)() => self.steps = STRIDE,
            None => return Err(Fault::Stopped),
        }
        Ok(())
    }

    /// Where the match of all items from `item` on ends, if they match at `at`.
    fn match_from(
        &mut self,
        mut at: usize,
        mut item: usize,
        mut depth: u32,
    ) -> Result<Option<usize>, Fault> {
        depth = deeper(depth)?;
        loop {
            self.count(1)?;
            let Some(current) = self.pattern.items.get(item).copied() else {
                return Ok(Some(at));
            };
            item += 1;
            at = match current {
                Item::Malformed(mistake) => return Err(mistake.into()),
                Item::Never => return Ok(None),
                Item::End => return Ok((at == self.text.len()).then_some(at)),
                Item::Open(capture) => {
                    self.captures[usize::from(capture)].0 = at;
                    depth = deeper(depth)?;
                    at
                }
                Item::Close(capture) => {
                    self.captures[usize::from(capture)].1 = at;
                    depth = deeper(depth)?;
                    at
                }
                Item::Balance(begin, end) => match self.balanced(at, begin, end)? {
                    Some(behind) => behind,
                    None => return Ok(None),
                },
                Item::Frontier(set) => {
                    let set = self.pattern.sets[set as usize];
                    let before = if at == 0 { 0 } else { self.text[at - 1] };
                    let here = self.text.get(at).copied().unwrap_or(0);
                    if set.has(before) || !set.has(here) {
                        return Ok(None);
                    }
                    at
                }
                Item::Back(capture) => {
                    let (start, end) = self.captures[usize::from(capture)];
                    let again = &self.text[start..end];
                    self.count(again.len())?;
                    if !self.text[at..].starts_with(again) {
                        return Ok(None);
                    }
                    at + again.len()
                }
                Item::Single(single, repeat) => match (self.takes(single, at), repeat) {
                    (true, Repeat::Once) => at + 1,
                    (false, Repeat::Once | Repeat::Some) => return Ok(None),
                    (false, _) => at,
                    (true, Repeat::Optional) => {
                        let with = self.match_from(at + 1, item, depth)?;
                        if with.is_some() {
                            return Ok(with);
                        }
                        at
                    }
                    (true, Repeat::Any) => return self.most(at, at, (single, item), depth),
                    (true, Repeat::Some) => return self.most(at, at + 1, (single, item), depth),
                    (true, Repeat::Few) => return self.fewest(at, (single, item), depth),
                },
            }
        }
    }

    /// As many as there are, and then fewer and fewer, down to `least`.
    fn most(
        &mut self,
        at: usize,
        least: usize,
        (single, rest): (Single, usize),
        depth: u32,
    ) -> Result<Option<usize>, Fault> {
        let mut end = at;
        while self.takes(single, end) {
            end += 1;
            self.count(1)?;
        }
        for end in (least..=end).rev() {
            let found = self.match_from(end, rest, depth)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// None, and then more and more.
    fn fewest(
        &mut self,
        mut at: usize,
        (single, rest): (Single, usize),
        depth: u32,
    ) -> Result<Option<usize>, Fault> {
        loop {
            let found = self.match_from(at, rest, depth)?;
            if found.is_some() {
                return Ok(found);
            }
            if !self.takes(single, at) {
                return Ok(None);
            }
            at += 1;
        }
    }

    /// Behind the end that belongs to the beginning at `at`.
    fn balanced(&mut self, at: usize, begin: u8, end: u8) -> Result<Option<usize>, Fault> {
        if self.text.get(at) != Some(&begin) {
            return Ok(None);
        }
        let mut open = 1_usize;
        for (distance, byte) in self.text[at + 1..].iter().enumerate() {
            self.count(1)?;
            if *byte == end {
                open -= 1;
                if open == 0 {
                    return Ok(Some(at + distance + 2));
                }
            } else if *byte == begin {
                open += 1;
            }
        }
        Ok(None)
    }

    fn takes(&self, single: Single, at: usize) -> bool {
        self.text.get(at).is_some_and(|byte| self.pattern.takes(single, *byte))
    }
}

fn deeper(depth: u32) -> Result<u32, Fault> {
    depth.checked_sub(1).ok_or_else(|| Fault::Message("pattern too complex".to_owned()))
}
