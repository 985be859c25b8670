use super::pattern::{Item, Pattern, Repeat};

/// What Lua's own matcher may be given to do in one call, in steps: some ten
/// milliseconds.
pub(in crate::script) const AFFORDABLE: f64 = 4e6;

/// How long a match may take at most: `factor * (length of the text + 1) ^ power`
/// steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::script) struct Cost {
    pub(in crate::script) power: u32,
    pub(in crate::script) factor: f64,
}

impl Cost {
    /// Of a text that is looked for as it is.
    pub(in crate::script) fn of_plain(text: &[u8]) -> Self {
        Self { power: 1, factor: text.len() as f64 + 1.0 }
    }

    /// Each place to begin at, and for each thing that repeats each place where it
    /// may end. What is there or not doubles the ways.
    pub(in crate::script) fn of_pattern(text: &[u8]) -> Self {
        let (mut power, mut doublings) = (1, 0);
        for item in Pattern::new(text, true).items {
            match item {
                Item::Single(_, Repeat::Any | Repeat::Some | Repeat::Few)
                | Item::Balance(..)
                | Item::Back(_) => power += 1,
                Item::Single(_, Repeat::Optional) => doublings += 1,
                _ => {}
            }
        }
        Self { power, factor: (text.len() as f64 + 1.0) * 2_f64.powi(doublings) }
    }

    /// What `strings.lua` works out itself.
    #[cfg(test)]
    fn is_affordable(self, length: usize) -> bool {
        let power = i32::try_from(self.power).unwrap_or(i32::MAX);
        (length as f64 + 1.0).powi(power) * self.factor <= AFFORDABLE
    }
}

/// Whether nothing in the pattern is special, by Lua's own list: a `-` alone is.
pub(in crate::script) fn is_plain(text: &[u8]) -> bool {
    !text.iter().any(|byte| b"^$*+?.([%-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_dear() {
        for (pattern, power) in
            [("abc", 1), ("%d+", 2), ("^(%d+)-(%d+)", 3), ("%b()", 2), ("(.)%1", 2)]
        {
            assert_eq!(Cost::of_pattern(pattern.as_bytes()).power, power, "{pattern}");
        }
        assert_eq!(Cost::of_pattern(b"a?b?").factor, 20.0);
        let day = Cost::of_pattern(b"^(%d+)%-(%d+)%-(%d+)$");
        assert!(day.is_affordable("2026-11-28".len()) && !day.is_affordable(100));
        let endless = Cost::of_pattern(".-".repeat(50).as_bytes());
        assert!(endless.is_affordable(0) && !endless.is_affordable(2));
    }
}
