/// Money, stock, seats or quota in whole minor units (cents, not euros).
///
/// Signed, so that the same type carries a balance, a change and a difference.
/// Arithmetic on it is checked wherever the numbers come from outside.
pub type Amount = i64;
