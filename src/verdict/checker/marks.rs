//! Sets of operations as 128-bit marks.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// Marks are random already: they need no hashing of their own.
pub(super) type Seen = HashSet<u128, BuildHasherDefault<AsItIs>>;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.0 ^= chunk.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        }
    }

    fn write_u128(&mut self, mark: u128) {
        self.0 = (mark >> 64) as u64;
    }
}

/// Two rounds of SplitMix64: the mark of an operation in the hash of a set.
pub(super) fn zobrist(position: u32) -> u128 {
    let mix = |seed: u64| {
        let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let seed = u64::from(position) * 2 + 1;
    (u128::from(mix(seed)) << 64) | u128::from(mix(seed + (1 << 40)))
}
