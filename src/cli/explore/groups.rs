use super::operation::Operation;

/// Requests that run together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) operations: Vec<Operation>,
    /// Given by `--op`.
    pub(super) is_given: bool,
}

/// Those that are given, or else the usual pairs.
pub(super) fn groups(given: &[Operation], three: bool) -> Vec<Group> {
    if !given.is_empty() {
        let names: Vec<String> = given.iter().map(Operation::argument).collect();
        let name = names.join(" beside ");
        return vec![Group { name, operations: given.to_vec(), is_given: true }];
    }
    let group = |name: &str, operations: Vec<Operation>| Group {
        name: name.to_owned(),
        operations,
        is_given: false,
    };
    let (deposit, withdraw) = (Operation::deposit, Operation::withdraw);
    let mut groups = vec![
        group("deposit beside deposit", vec![deposit(10, 1), deposit(20, 1)]),
        group("deposit beside withdraw", vec![deposit(10, 1), withdraw(20, 1)]),
        group(
            "two withdrawals of which one can be afforded",
            vec![withdraw(700, 1), withdraw(600, 1)],
        ),
        group(
            "transfer against transfer",
            vec![Operation::transfer(5, 1, 2), Operation::transfer(7, 2, 1)],
        ),
        group(
            "the same Idempotency-Key twice",
            vec![deposit(10, 1).with_key("key"), deposit(10, 1).with_key("key")],
        ),
    ];
    if three {
        groups.push(group("three deposits", vec![deposit(10, 1), deposit(20, 1), deposit(40, 1)]));
    }
    groups
}
