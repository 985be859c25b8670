/// Which bytes a single item of a pattern stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set([u64; 4]);

impl Set {
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(super) fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn inverted(self) -> Self {
        Self(self.0.map(|bits| !bits))
    }

    /// What stands in brackets: `text` begins behind `[` and ends before `]`.
    pub(super) fn of_brackets(text: &[u8]) -> Self {
        let (is_inverted, text) = match text {
            [b'^', rest @ ..] => (true, rest),
            all => (false, all),
        };
        let mut set = Self::default();
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            match (byte, text.get(at + 1), text.get(at + 2)) {
                (b'%', Some(&class), _) => {
                    (0..=u8::MAX).filter(|byte| is_of(*byte, class)).for_each(|it| set.add(it));
                    at += 2;
                }
                (first, Some(b'-'), Some(&last)) => {
                    (first..=last).for_each(|byte| set.add(byte));
                    at += 3;
                }
                _ => {
                    set.add(byte);
                    at += 1;
                }
            }
        }
        if is_inverted { set.inverted() } else { set }
    }
}

/// Whether the byte is of the class that `%` and the letter stand for. What is
/// no class stands for itself.
pub(super) fn is_of(byte: u8, class: u8) -> bool {
    let is_member = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'g' => byte.is_ascii_graphic(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        // A vertical tab is space to C, and not to Rust.
        b's' => byte.is_ascii_whitespace() || byte == 0x0b,
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return byte == class,
    };
    is_member != class.is_ascii_uppercase()
}
