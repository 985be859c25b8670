//! Searches on programs that are only simulated, held against a recursion that
//! knows nothing of them.

use std::collections::BTreeSet;

use super::*;

/// Steps of a simulated program: on variables, or on locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Read(usize),
    /// What was read last, and one more.
    Add(usize),
    Lock(usize),
    Unlock(usize),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct World {
    places: Vec<usize>,
    registers: Vec<i32>,
    variables: [i32; 3],
    locked: [Option<usize>; 2],
    /// Who was let through to a lock and waits for it.
    waits: Vec<Option<usize>>,
}

impl World {
    fn new(programs: &[Vec<Op>]) -> Self {
        let count = programs.len();
        Self {
            places: vec![0; count],
            registers: vec![0; count],
            waits: vec![None; count],
            ..Self::default()
        }
    }

    fn candidates(&self, programs: &[Vec<Op>]) -> Vec<Candidate> {
        let all = programs.iter().enumerate();
        all.filter(|(request, _)| self.waits[*request].is_none())
            .filter_map(|(request, program)| {
                let place = self.places[request];
                let step = format!("{place}: {:?}", program.get(place)?).into();
                Some(Candidate { request, step })
            })
            .collect()
    }

    fn step(&mut self, programs: &[Vec<Op>], request: usize) {
        let op = programs[request][self.places[request]];
        match op {
            Op::Read(variable) => self.registers[request] = self.variables[variable],
            Op::Add(variable) => self.variables[variable] = self.registers[request] + 1,
            Op::Lock(lock) if self.locked[lock].is_some() => {
                self.waits[request] = Some(lock);
                return;
            }
            Op::Lock(lock) => self.locked[lock] = Some(request),
            Op::Unlock(lock) => {
                self.locked[lock] = None;
                let next = self.waits.iter().position(|waits| *waits == Some(lock));
                if let Some(next) = next {
                    self.waits[next] = None;
                    self.locked[lock] = Some(next);
                    self.places[next] += 1;
                }
            }
        }
        self.places[request] += 1;
    }
}

type Orders = BTreeSet<Vec<usize>>;
type Ends = BTreeSet<[i32; 3]>;

/// All orders and what they end with, by recursion.
fn all(programs: &[Vec<Op>]) -> (Orders, Ends) {
    fn go(programs: &[Vec<Op>], world: &World, order: &mut Vec<usize>, found: &mut (Orders, Ends)) {
        let candidates = world.candidates(programs);
        if candidates.is_empty() {
            found.0.insert(order.clone());
            found.1.insert(world.variables);
        }
        for candidate in candidates {
            let mut next = world.clone();
            next.step(programs, candidate.request);
            order.push(candidate.request);
            go(programs, &next, order, found);
            order.pop();
        }
    }
    let mut found = Default::default();
    go(programs, &World::new(programs), &mut Vec::new(), &mut found);
    found
}

struct Searched {
    orders: Vec<Vec<usize>>,
    switches: Vec<usize>,
    ends: Ends,
}

fn go_through(programs: &[Vec<Op>], search: &mut dyn Search) -> Searched {
    let mut searched = Searched { orders: Vec::new(), switches: Vec::new(), ends: Ends::default() };
    while search.begin() {
        let mut world = World::new(programs);
        let (mut order, mut switches) = (Vec::new(), 0);
        let how = loop {
            let candidates = world.candidates(programs);
            if candidates.is_empty() {
                break Ended::Complete;
            }
            let last = order.last().copied();
            let Choice::Step(index) = search.choose(&candidates, last) else { break Ended::Known };
            let request = candidates[index].request;
            let could_go_on = candidates.iter().any(|candidate| Some(candidate.request) == last);
            switches += usize::from(could_go_on && Some(request) != last);
            order.push(request);
            world.step(programs, request);
        };
        search.end(how);
        if how == Ended::Complete {
            searched.ends.insert(world.variables);
            searched.orders.push(order);
            searched.switches.push(switches);
        }
    }
    searched
}

fn naive() -> Vec<Op> {
    vec![Op::Read(0), Op::Add(0)]
}

fn robust() -> Vec<Op> {
    vec![Op::Lock(0), Op::Read(0), Op::Add(0), Op::Unlock(0)]
}

fn random_program(random: &mut fastrand::Rng) -> Vec<Op> {
    let mut program: Vec<Op> = (0..random.usize(1..4))
        .map(|_| {
            let variable = random.usize(0..3);
            if random.bool() { Op::Read(variable) } else { Op::Add(variable) }
        })
        .collect();
    if random.bool() {
        let from = random.usize(0..program.len());
        program.insert(from, Op::Lock(0));
        program.push(Op::Unlock(0));
    }
    program
}

#[test]
fn two_naive_updates_have_six_orders_and_two_ends() {
    let searched = go_through(&[naive(), naive()], &mut Frontier::new());
    assert_eq!(searched.orders.len(), 6);
    assert_eq!(searched.ends, Ends::from([[1, 0, 0], [2, 0, 0]]));
    assert_eq!(go_through(&[naive(), naive(), naive()], &mut Frontier::new()).orders.len(), 90);
}

#[test]
fn a_lock_leaves_one_end() {
    let searched = go_through(&[robust(), robust()], &mut Frontier::new());
    assert_eq!(searched.ends, Ends::from([[2, 0, 0]]));
    // The second asks for the lock after any of the four steps of the first.
    assert_eq!(searched.orders.len(), 8);
}

#[test]
fn each_order_comes_once_and_none_is_missing() {
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..60 {
        let count = random.usize(2..4);
        let programs: Vec<Vec<Op>> = (0..count).map(|_| random_program(&mut random)).collect();
        let (orders, ends) = all(&programs);
        let searched = go_through(&programs, &mut Frontier::new());
        let distinct: Orders = searched.orders.iter().cloned().collect();
        assert_eq!(distinct.len(), searched.orders.len(), "twice the same: {programs:?}");
        assert_eq!(distinct, orders, "{programs:?}");
        assert_eq!(searched.ends, ends);
        assert!(searched.switches.is_sorted(), "those with fewer switches come first");
    }
}

#[test]
fn a_bound_leaves_out_those_above_it_and_says_so() {
    let programs = [naive(), naive(), naive()];
    let mut all = Frontier::new();
    let searched = go_through(&programs, &mut all);
    assert_eq!(all.bound(), Some(usize::MAX));
    for most in 0..4 {
        let mut bounded = Frontier::new().with_most_switches(Some(most));
        let within = go_through(&programs, &mut bounded).orders.len();
        let expected = searched.switches.iter().filter(|switches| **switches <= most).count();
        assert_eq!(within, expected, "at most {most} switches");
        assert_eq!(bounded.bound(), Some(most));
    }
    let mut begun = Frontier::new();
    for _ in 0..7 {
        assert!(begun.begin());
        let mut world = World::new(&programs);
        let mut last = None;
        while let candidates = world.candidates(&programs)
            && !candidates.is_empty()
        {
            let Choice::Step(index) = begun.choose(&candidates, last) else { panic!("a step") };
            last = Some(candidates[index].request);
            world.step(&programs, candidates[index].request);
        }
        begun.end(Ended::Complete);
    }
    // Six orders have no switch: three factorial.
    assert_eq!(begun.bound(), Some(0));
}

#[test]
fn what_is_left_out_by_independence_ends_the_same() {
    let mut random = fastrand::Rng::with_seed(6);
    let mut saved = 0;
    for _ in 0..60 {
        let count = random.usize(2..4);
        let programs: Vec<Vec<Op>> = (0..count).map(|_| random_program(&mut random)).collect();
        let mut independence = Independence::default();
        for (request, program) in programs.iter().enumerate() {
            for (place, op) in program.iter().enumerate() {
                let (reads, writes) = match op {
                    Op::Read(variable) => (Some(variable.to_string()), None),
                    Op::Add(variable) => (None, Some(variable.to_string())),
                    Op::Lock(_) | Op::Unlock(_) => (None, Some("lock".to_owned())),
                };
                let touched = Touched {
                    reads: reads.into_iter().collect(),
                    writes: writes.into_iter().collect(),
                };
                independence.learn(request, &format!("{place}: {op:?}"), touched);
            }
        }
        let (orders, ends) = all(&programs);
        let searched = go_through(&programs, &mut Frontier::new().reduced(independence));
        assert_eq!(searched.ends, ends, "{programs:?}");
        assert!(searched.orders.len() <= orders.len());
        saved += orders.len() - searched.orders.len();
    }
    assert!(saved > 0);
}

#[test]
fn a_drawn_search_repeats_by_its_seed_and_finds_a_race() {
    let programs = [naive(), naive(), naive(), naive()];
    let draw = |seed| go_through(&programs, &mut Pct::new(50, 4, 8, seed));
    assert_eq!(draw(1).orders, draw(1).orders);
    assert_ne!(draw(1).orders, draw(2).orders);
    assert_eq!(draw(1).orders.len(), 50);
    assert!(draw(1).ends.len() > 1, "no lost update in 50 orders");
}

#[test]
fn a_given_order_is_followed_as_far_as_it_goes() {
    let replayed = |programs: &[Vec<Op>], order: &[usize]| {
        go_through(programs, &mut Replay::new(order.to_vec())).orders
    };
    assert_eq!(replayed(&[naive(), naive()], &[0, 1, 1, 0]), [[0, 1, 1, 0]]);
    assert_eq!(replayed(&[naive(), naive()], &[1]), [[1, 1, 0, 0]]);
    // The second waits, and is passed over.
    assert_eq!(replayed(&[robust(), robust()], &[0, 1, 1, 0]).len(), 1);
}

#[test]
fn an_order_that_does_not_repeat_is_tried_three_times_and_counted() {
    let mut search = Frontier::new();
    let candidate = |request, step: &str| Candidate { request, step: step.into() };
    assert!(search.begin());
    let first = [candidate(0, "a"), candidate(1, "b")];
    assert_eq!(search.choose(&first, None), Choice::Step(0));
    search.end(Ended::Complete);
    for _ in 0..3 {
        assert!(search.begin());
        let other = [candidate(0, "a"), candidate(1, "c")];
        assert!(matches!(search.choose(&other, None), Choice::Diverged(_)));
        search.end(Ended::Diverged);
    }
    assert!(!search.begin());
    assert_eq!((search.diverged(), search.bound()), (1, None));
}
