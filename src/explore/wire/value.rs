use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// The OIDs of types that are shown as people write them.
mod kind {
    pub(super) const BOOL: u32 = 16;
    pub(super) const INT8: u32 = 20;
    pub(super) const INT2: u32 = 21;
    pub(super) const INT4: u32 = 23;
    pub(super) const OID: u32 = 26;
    pub(super) const FLOAT4: u32 = 700;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const TIMESTAMP: u32 = 1114;
    pub(super) const TIMESTAMPTZ: u32 = 1184;
    pub(super) const NUMERIC: u32 = 1700;
    pub(super) const UUID: u32 = 2950;
    pub(super) const JSONB: u32 = 3802;
    /// Text in some guise.
    pub(super) const TEXTS: [u32; 7] = [18, 19, 25, 114, 142, 1042, 1043];
    /// Arrays, each with the type of its elements.
    pub(super) const ARRAYS: [(u32, u32); 9] = [
        (1000, BOOL),
        (1005, INT2),
        (1007, INT4),
        (1016, INT8),
        (1021, FLOAT4),
        (1022, FLOAT8),
        (1009, 25),
        (1015, 1043),
        (2951, UUID),
    ];
}

/// Seconds from 1970 to 2000, where PostgreSQL's time begins.
const POSTGRES_EPOCH: u64 = 946_684_800;

/// Microseconds from there to the year 10000, which cannot be written.
const LAST_MICROSECOND: i64 = 252_455_616_000_000_000;

/// A value as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    /// A number or a truth value, which is written without quotes.
    Plain(String),
    /// Anything else.
    Text(String),
}

impl Value {
    /// Of a value as it travels. `kind` is the OID of its type, 0 where it is
    /// not known; `format` 1 is binary.
    pub fn read(kind: u32, format: i16, bytes: Option<&[u8]>) -> Self {
        let Some(bytes) = bytes else { return Self::Null };
        if format == 0 {
            return Self::of_text(kind, bytes);
        }
        binary(kind, bytes).unwrap_or_else(|| match std::str::from_utf8(bytes) {
            Ok(text) if kind == 0 && !text.is_empty() && !text.contains(char::is_control) => {
                Self::Text(text.to_owned())
            }
            _ => Self::Text(hex(bytes)),
        })
    }

    fn of_text(kind: u32, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let is_text = kind::TEXTS.contains(&kind);
        let is_number = || {
            let digits = text.strip_prefix('-').unwrap_or(&text);
            let usual = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            usual && digits.starts_with(|char: char| char.is_ascii_digit())
        };
        if !is_text && (is_number() || matches!(text.as_str(), "true" | "false")) {
            Self::Plain(text)
        } else {
            Self::Text(text)
        }
    }

    /// As it stands in SQL: texts in quotes.
    pub fn literal(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Plain(text) => text.clone(),
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Plain(text) | Self::Text(text) => f.write_str(text),
        }
    }
}

/// `None`: it is of a type that is not known, or not as its type demands.
fn binary(kind: u32, bytes: &[u8]) -> Option<Value> {
    let plain = |text: String| Some(Value::Plain(text));
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(|it| Value::Text(it.to_owned()));
    if let Some((_, element)) = kind::ARRAYS.iter().find(|(array, _)| *array == kind) {
        return array(*element, bytes);
    }
    match kind {
        kind::BOOL => plain((*bytes.first()? != 0).to_string()),
        kind::INT2 => plain(i16::from_be_bytes(bytes.try_into().ok()?).to_string()),
        kind::INT4 => plain(i32::from_be_bytes(bytes.try_into().ok()?).to_string()),
        kind::INT8 => plain(i64::from_be_bytes(bytes.try_into().ok()?).to_string()),
        kind::OID => plain(u32::from_be_bytes(bytes.try_into().ok()?).to_string()),
        kind::FLOAT4 => plain(f32::from_be_bytes(bytes.try_into().ok()?).to_string()),
        kind::FLOAT8 => plain(f64::from_be_bytes(bytes.try_into().ok()?).to_string()),
        kind::NUMERIC => plain(numeric(bytes)?),
        kind::TIMESTAMP | kind::TIMESTAMPTZ => {
            let micros = i64::from_be_bytes(bytes.try_into().ok()?);
            let micros = Some(micros).filter(|micros| *micros < LAST_MICROSECOND)?;
            let since = Duration::from_secs(POSTGRES_EPOCH)
                .checked_add(Duration::from_micros(u64::try_from(micros).ok()?))?;
            let time = humantime::format_rfc3339_micros(UNIX_EPOCH.checked_add(since)?);
            let time = time.to_string();
            Some(Value::Text(time.trim_end_matches('Z').replace('T', " ")))
        }
        kind::UUID => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let parts = [hex.get(..8)?, hex.get(8..12)?, hex.get(12..16)?, hex.get(16..20)?];
            Some(Value::Text(format!("{}-{}", parts.join("-"), hex.get(20..32)?)))
        }
        kind::JSONB => text(bytes.get(1..)?),
        _ if kind::TEXTS.contains(&kind) => text(bytes),
        _ => None,
    }
}

/// `{1,2,NULL}`; of one dimension, as nearly all are.
fn array(element: u32, bytes: &[u8]) -> Option<Value> {
    let int = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(i32::from_be_bytes(four.try_into().ok()?))
    };
    match int(0)? {
        0 => return Some(Value::Text("{}".to_owned())),
        1 => {}
        _ => return None,
    }
    let count = usize::try_from(int(12)?).ok()?;
    let (mut at, mut shown) = (20_usize, Vec::new());
    for _ in 0..count {
        let length = int(at)?;
        at += 4;
        let value = match usize::try_from(length) {
            Err(_) => Value::Null,
            Ok(length) => {
                let end = at.checked_add(length)?;
                let value = Value::read(element, 1, Some(bytes.get(at..end)?));
                at = end;
                value
            }
        };
        shown.push(value.to_string());
    }
    Some(Value::Text(format!("{{{}}}", shown.join(","))))
}

/// Groups of four decimal digits.
fn numeric(bytes: &[u8]) -> Option<String> {
    let word = |index: usize| {
        let two = bytes.get(2 * index..2 * index + 2)?;
        Some(i16::from_be_bytes(two.try_into().ok()?))
    };
    let (count, weight, sign, scale) = (word(0)?, word(1)?, word(2)?.cast_unsigned(), word(3)?);
    let sign = match sign {
        0 => "",
        0x4000 => "-",
        _ => return Some("NaN".to_owned()),
    };
    let count = i32::from(count);
    let group = |index: i32| match usize::try_from(index) {
        Ok(at) if index < count => word(at + 4).map(i32::from),
        _ => Some(0),
    };
    let mut whole = String::new();
    for index in 0..=i32::from(weight) {
        whole += &format!("{:04}", group(index)?);
    }
    let whole = whole.trim_start_matches('0');
    let scale = usize::try_from(scale).ok()?;
    let mut fraction = String::new();
    let mut index = i32::from(weight) + 1;
    while fraction.len() < scale {
        fraction += &format!("{:04}", group(index)?);
        index += 1;
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if scale == 0 { "" } else { "." };
    Some(format!("{sign}{whole}{point}{}", &fraction[..scale]))
}

fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 32;
    let shown: String = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("\\x{shown}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        let mut numbers = Vec::new();
        for number in [1_i32, 1, 20, 2, 1] {
            numbers.extend(number.to_be_bytes());
        }
        // Of the two elements: 8 bytes of 5, and NULL.
        let mut array = numbers;
        array.extend(8_i32.to_be_bytes());
        array.extend(5_i64.to_be_bytes());
        array.extend((-1_i32).to_be_bytes());
        for (kind, format, bytes, literal) in [
            (20, 1, &1020_i64.to_be_bytes()[..], "1020"),
            (23, 1, &(-7_i32).to_be_bytes(), "-7"),
            (16, 1, &[1], "true"),
            (25, 1, b"it's", "'it''s'"),
            (25, 0, b"12", "'12'"),
            (0, 0, b"12.50", "12.50"),
            (0, 0, b"a", "'a'"),
            (1700, 1, &[0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 19, 136], "12.50"),
            (1700, 1, &[0, 1, 0, 1, 64, 0, 0, 0, 0, 3], "-30000"),
            (1700, 1, &[0, 1, 255, 255, 0, 0, 0, 4, 0, 1], "0.0001"),
            (1016, 1, &array, "'{5,NULL}'"),
            (1114, 1, &1_000_000_i64.to_be_bytes(), "'2000-01-01 00:00:01.000000'"),
            (1114, 1, &i64::MAX.to_be_bytes(), "'\\x7fffffffffffffff'"),
            (1114, 1, &(LAST_MICROSECOND - 1).to_be_bytes(), "'9999-12-31 23:59:59.999999'"),
            (600, 1, &[1, 2], "'\\x0102'"),
            (20, 1, &[1, 2], "'\\x0102'"),
        ] {
            let value = Value::read(kind, format, Some(bytes));
            assert_eq!(value.literal(), literal, "type {kind}");
        }
        assert_eq!(Value::read(20, 1, None).literal(), "NULL");
    }

    #[test]
    fn garbage_is_shown_as_bytes() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..5_000 {
            let bytes: Vec<u8> = (0..random.usize(0..40)).map(|_| random.u8(..)).collect();
            let kinds = [0, 16, 20, 21, 23, 25, 700, 1114, 1016, 1009, 1700, 2950, 3802];
            let kind = kinds[random.usize(0..kinds.len())];
            let _ = Value::read(kind, random.i16(0..2), Some(&bytes)).literal();
        }
    }
}
