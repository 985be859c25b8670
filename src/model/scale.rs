use std::fmt;

use super::Amount;

/// How many digits amounts have after the point: 2 for euros and cents. An
/// [`Amount`] counts the smallest units, so that all arithmetic is of whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale(u8);

/// The most digits that a double keeps, whatever they are (IEEE 754).
const EXACT_DIGITS: usize = 15;

/// The largest whole number up to which a double has all of them.
const EXACT_WHOLE: f64 = 9_007_199_254_740_992.0;

impl Scale {
    /// Whole numbers.
    pub const WHOLE: Self = Self(0);
    /// An [`Amount`] has 18 digits and some.
    pub const MOST: u8 = 9;

    /// `None`: more than [`Self::MOST`].
    pub fn new(digits: u8) -> Option<Self> {
        (digits <= Self::MOST).then_some(Self(digits))
    }

    pub fn digits(self) -> u8 {
        self.0
    }

    fn factor(self) -> Amount {
        (10 as Amount).pow(self.0.into())
    }

    /// `10.50`, `-3`, `+1000.`: exactly this many of the smallest units. `None`: it is
    /// no decimal number, is too large, or has a digit below the smallest unit that is
    /// not 0.
    pub fn parse(self, text: &str) -> Option<Amount> {
        let text = text.trim();
        let (is_negative, digits) = match text.strip_prefix(['-', '+']) {
            Some(digits) => (text.starts_with('-'), digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let missing = usize::from(self.0).checked_sub(fraction.len())?;
        let sign = if is_negative { "-" } else { "" };
        format!("{sign}{whole}{fraction}{}", "0".repeat(missing)).parse().ok()
    }

    /// A whole number of the large units.
    pub fn of_whole(self, number: i64) -> Option<Amount> {
        number.checked_mul(self.factor())
    }

    /// `None`: it is not exactly so much, as far as a double can tell.
    pub fn of_float(self, number: f64) -> Option<Amount> {
        let is_exact = if number.fract() == 0.0 {
            number.abs() < EXACT_WHOLE
        } else {
            let digits = number.abs().to_string().bytes().filter(u8::is_ascii_digit).count();
            digits <= EXACT_DIGITS
        };
        is_exact.then(|| self.parse(&number.to_string())).flatten()
    }

    /// What arithmetic of doubles has come to: `3 * 0.1` is 0.3 here.
    pub fn of_computed(self, number: f64) -> Option<Amount> {
        let units = number * self.factor() as f64;
        let error = (units - units.round()).abs();
        let is_close = error <= 1e-12 * units.abs().max(1.0) && units.abs() < EXACT_WHOLE;
        is_close.then_some(units.round() as Amount)
    }

    /// An amount of JSON, also where it is a text: drivers hand NUMERIC and BIGINT to
    /// JavaScript as texts.
    pub fn of_json(self, value: &serde_json::Value) -> Option<Amount> {
        match value {
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => self.of_whole(whole),
                None => self.of_float(number.as_f64()?),
            },
            serde_json::Value::String(text) => self.parse(text),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => None,
        }
    }

    /// As a number where that is exact, and else as a text.
    pub fn to_json(self, amount: Amount) -> serde_json::Value {
        if self == Self::WHOLE {
            return amount.into();
        }
        let text = self.shown(amount).to_string();
        match text.parse::<f64>() {
            Ok(number) if self.of_float(number) == Some(amount) => number.into(),
            Ok(_) | Err(_) => text.into(),
        }
    }

    /// With all its digits: `10.50`.
    pub fn shown(self, amount: impl Into<i128>) -> Shown {
        Shown { amount: amount.into(), scale: self }
    }
}

/// An amount as people write it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    amount: i128,
    scale: Scale,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { amount, scale } = *self;
        if scale == Scale::WHOLE {
            return fmt::Display::fmt(&amount, f);
        }
        let factor = u128::from(scale.factor().unsigned_abs());
        let (whole, rest) = (amount.unsigned_abs() / factor, amount.unsigned_abs() % factor);
        let text = format!("{whole}.{rest:0width$}", width = usize::from(scale.0));
        f.pad_integral(amount >= 0, "", &text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CENTS: Scale = Scale(2);

    #[test]
    fn decimals_are_exact() {
        for (text, cents, whole) in [
            ("10.50", Some(1050), None),
            ("10.5", Some(1050), None),
            ("1050", Some(105_000), Some(1050)),
            ("-0.01", Some(-1), None),
            ("+3.", Some(300), Some(3)),
            (".5", Some(50), None),
            ("1010.00", Some(101_000), Some(1010)),
            ("10.505", None, None),
            ("10.5000", Some(1050), None),
            ("92233720368547758.07", Some(i64::MAX), None),
            ("-92233720368547758.08", Some(i64::MIN), None),
            ("92233720368547758.08", None, None),
            ("", None, None),
            (".", None, None),
            ("-", None, None),
            ("1e3", None, None),
            ("1,000.00", None, None),
            ("0x10", None, None),
            ("--1", None, None),
        ] {
            assert_eq!((CENTS.parse(text), Scale::WHOLE.parse(text)), (cents, whole), "{text}");
        }
    }

    #[test]
    fn all_cents_survive_json() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..100_000 {
            let most = 10_i64.pow(random.u32(1..=18));
            let cents = random.i64(-most..=most);
            let json = serde_json::to_string(&CENTS.to_json(cents)).expect("JSON");
            let read = serde_json::from_str(&json).expect("JSON");
            assert_eq!(CENTS.of_json(&read), Some(cents), "{json}");
            assert_eq!(CENTS.parse(&CENTS.shown(cents).to_string()), Some(cents));
        }
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for value in [json!(0.001), json!(1e300), json!(null), json!([1]), json!("ten")] {
            assert_eq!(CENTS.of_json(&value), None, "{value}");
        }
        // More digits than a double keeps.
        assert_eq!(CENTS.of_json(&json!(12_345_678_901_234.567)), None);
        assert_eq!(CENTS.of_computed(3.0 * 0.1), Some(30));
        assert_eq!(CENTS.of_computed(0.305), None);
        assert_eq!(Scale::WHOLE.of_json(&json!(1010.0)), Some(1010));
        assert_eq!(Scale::WHOLE.of_json(&json!(1010.5)), None);
    }

    #[test]
    fn amounts_are_shown_with_all_digits() {
        let shown = |amount: i64| CENTS.shown(amount).to_string();
        assert_eq!([shown(5), shown(-5), shown(1050)], ["0.05", "-0.05", "10.50"]);
        assert_eq!(format!("{:+} {:>7}", CENTS.shown(5), CENTS.shown(100)), "+0.05    1.00");
        assert_eq!(Scale::WHOLE.shown(-7).to_string(), "-7");
    }
}
