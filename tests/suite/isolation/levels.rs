use bankrun::isolation::{Failure, IsolationLevel, Judgement};

use super::support::{explored_at, fixture};

const LEVELS: [Option<IsolationLevel>; 3] = [
    Some(IsolationLevel::ReadCommitted),
    Some(IsolationLevel::RepeatableRead),
    Some(IsolationLevel::Serializable),
];

#[tokio::test(flavor = "multi_thread")]
async fn only_serializable_prevents_write_skew() {
    let spec = fixture("doctors.spec");
    let found = explored_at(&spec, &LEVELS).await;
    // Two of the 20 orders are serial: one transaction ends before the other reads.
    // At SERIALIZABLE the rest is refused.
    let counts: Vec<_> = found.iter().map(|it| (it.ran, it.failing, it.refused)).collect();
    assert_eq!(counts, [(20, 18, 0), (20, 18, 0), (20, 0, 18)]);
    let (_, judgement) = found[0].shortest.clone().expect("a failing order");
    let Judgement::NotSerializable(Failure::Answers { steps, together: true }) = judgement else {
        panic!("{judgement:?}");
    };
    let names: Vec<&str> = steps.iter().map(|step| spec.step(step.id).name.as_str()).collect();
    assert_eq!(names, ["r1", "r2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeatable_read_lets_a_report_see_what_cannot_be() {
    let found = explored_at(&fixture("read-only.spec"), &LEVELS[1..]).await;
    let counts: Vec<_> = found.iter().map(|it| (it.orders, it.failing > 0)).collect();
    assert_eq!(counts, [(210, true), (210, false)], "{found:?}");
}
