use std::ops::Range;

/// No mutation grows an input beyond this.
const LARGEST: usize = 64 * 1024;

/// Pieces that some reader takes for more than text.
const TOKENS: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\t",
    b" ",
    b"  ",
    b"\"",
    b"'",
    b"\\",
    b"`",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"=",
    b":",
    b": ",
    b",",
    b"- ",
    b"? ",
    b"---\n",
    b"...",
    b"&a ",
    b"*a",
    b"<<: *a",
    b"!!str ",
    b"!x ",
    b"|\n ",
    b">-\n ",
    b"# ",
    b"#",
    b"%",
    b"%00",
    b"%2F",
    b"@",
    b"~",
    b"{{ ",
    b" }}",
    b"{{",
    b"}}",
    b"{% if %}",
    b"${",
    b"${NAME}",
    b"${NAME:-1}",
    b"$",
    b"0",
    b"-1",
    b"1e9",
    b"1e400",
    b".nan",
    b".inf",
    b"0x10",
    b"007",
    b"4294967296",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"340282366920938463463374607431768211456",
    b"null",
    b"true",
    b"\\u0000",
    b"\\ud800",
    b"\xf0\x9f\xa6\x80",
    b"\xc3\xbc",
    b"\xcc\x81",
];

/// One to four changes to an input. `others` is what parts are taken from.
pub(super) fn mutate(input: &[u8], others: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..random.usize(1..=4) {
        change(&mut bytes, others, random);
        bytes.truncate(LARGEST);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut fastrand::Rng) {
    let at = random.usize(0..=bytes.len());
    match random.u8(0..10) {
        0 => flip(bytes, at, random),
        1 => drop(bytes.drain(part(bytes.len(), random))),
        2 => bytes.truncate(at),
        3 => insert(bytes, at, &[random.u8(..)]),
        4 => {
            let repeated = bytes[part(bytes.len(), random)].repeat(1 << random.u8(0..8));
            insert(bytes, at, &repeated);
        }
        5 => {
            let moved: Vec<u8> = bytes.drain(part(bytes.len(), random)).collect();
            let at = at.min(bytes.len());
            insert(bytes, at, &moved);
        }
        6 => {
            let other = &others[random.usize(0..others.len())];
            insert(bytes, at, &other[part(other.len(), random)]);
        }
        7 => {
            let range = part(bytes.len(), random);
            bytes.splice(range, token(random).iter().copied());
        }
        _ => insert(bytes, at, token(random)),
    }
}

fn token(random: &mut fastrand::Rng) -> &'static [u8] {
    TOKENS[random.usize(0..TOKENS.len())]
}

fn flip(bytes: &mut [u8], at: usize, random: &mut fastrand::Rng) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.u8(0..8);
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, inserted: &[u8]) {
    let room = LARGEST.saturating_sub(bytes.len()).min(inserted.len());
    bytes.splice(at..at, inserted[..room].iter().copied());
}

/// A part, more often a short one.
fn part(length: usize, random: &mut fastrand::Rng) -> Range<usize> {
    let start = random.usize(0..=length);
    let most = if random.bool() { 8 } else { length };
    start..(start + random.usize(0..=most)).min(length)
}
