/// What an isolation test says: tables to set up, sessions, and the orders to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// Run one after the other, before each order.
    pub setup: Vec<String>,
    /// Run after each order.
    pub teardown: Option<String>,
    /// At least one; each has a connection of its own.
    pub sessions: Vec<Session>,
    /// The orders to run; empty: every order of all steps.
    pub orders: Vec<Order>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub name: String,
    /// Run before the first step of each order, usually a BEGIN.
    pub setup: Option<String>,
    /// At least one.
    pub steps: Vec<Step>,
    pub teardown: Option<String>,
}

/// One or more SQL statements that are sent together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Unique in the specification.
    pub name: String,
    pub sql: String,
}

/// A step by its place: the session, and the step in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId {
    pub session: usize,
    pub step: usize,
}

/// Steps in the order in which they are sent.
pub type Order = Vec<StepId>;

impl Spec {
    /// The step at `id`.
    ///
    /// # Panics
    ///
    /// If `id` is not of this specification.
    pub fn step(&self, id: StepId) -> &Step {
        &self.sessions[id.session].steps[id.step]
    }

    pub fn find(&self, name: &str) -> Option<StepId> {
        self.sessions.iter().enumerate().find_map(|(session, found)| {
            let step = found.steps.iter().position(|step| step.name == name)?;
            Some(StepId { session, step })
        })
    }

    /// The steps of each session in `order`, one list for each session.
    pub fn programs(&self, order: &[StepId]) -> Vec<Order> {
        let mut programs = vec![Order::new(); self.sessions.len()];
        for id in order {
            programs[id.session].push(*id);
        }
        programs
    }
}
