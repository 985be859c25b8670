//! Numbers in as many bytes as they need: LEB128, signed ones in zigzag order.

/// How far it is from the number before, which becomes this one.
pub(super) fn step(before: &mut u64, now: u64) -> u64 {
    let far = now.wrapping_sub(*before) as i64;
    *before = now;
    zigzag(far)
}

pub(super) fn unstep(before: &mut u64, far: u64) -> u64 {
    *before = before.wrapping_add(unzigzag(far) as u64);
    *before
}

/// Small numbers of either sign become small ones without.
pub(super) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

pub(super) fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub(super) fn take(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        put(&mut bytes, number);
        bytes
    }

    #[test]
    fn small_numbers_are_short() {
        for (number, size) in [(0, 1), (127, 1), (128, 2), (u64::MAX, 10)] {
            assert_eq!(written(number).len(), size, "{number}");
        }
        for (number, size) in [(0, 1), (63, 1), (-64, 1), (64, 2), (i64::MIN, 10)] {
            assert_eq!(written(zigzag(number)).len(), size, "{number}");
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        for number in [0, 1, -1, 63, -64, 64, i64::MAX, i64::MIN] {
            let bytes = written(zigzag(number));
            let rest = &mut &bytes[..];
            assert_eq!((unzigzag(take(rest)), rest.len()), (number, 0));
        }
        let (mut before, mut read) = (7, 7);
        for number in [9, 3, u64::MAX, 0] {
            assert_eq!(unstep(&mut read, step(&mut before, number)), number);
        }
    }
}
