//! Random numbers that depend on nothing but the seed and the place they are for.

/// An independent stream for one place in the run, such as (workload, VU).
///
/// Each part is folded in through one step of the generator, so that streams
/// whose parts differ by one have nothing in common.
pub(super) fn stream(seed: u64, place: &[u64]) -> fastrand::Rng {
    let folded = place.iter().fold(seed, |state, part| {
        fastrand::Rng::with_seed(state.wrapping_add(part.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .u64(..)
    });
    fastrand::Rng::with_seed(folded)
}

/// An index into `weights`, drawn in proportion to them.
pub(super) fn weighted(weights: &[u32], random: &mut fastrand::Rng) -> usize {
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let mut ticket = random.u64(0..total.max(1));
    for (index, weight) in weights.iter().enumerate() {
        match ticket.checked_sub(u64::from(*weight)) {
            Some(rest) => ticket = rest,
            None => return index,
        }
    }
    weights.len().saturating_sub(1)
}
