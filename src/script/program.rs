use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use super::course::Course;
use super::functions::{AFTER_RESPONSE, BEFORE_REQUEST, SETUP, TEARDOWN, VERIFY};
use super::hooks::{Hooked, VuHooks};
use super::source::Script;
use super::state::{Role, Seat, State};
use crate::engine::{Behaviour, BoxFuture, Cut, Hooks, Outturn, Planned, Program, Vu};
use crate::scenario::Scenario;

/// What a script does in a run, by itself or around the operations of a file.
#[derive(Debug)]
pub(super) struct ScriptProgram {
    shared: Arc<Shared>,
    /// For each workload, the function it iterates; none: the planned operations.
    bodies: Vec<Option<Arc<str>>>,
}

/// What the virtual users of a run have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) script: Arc<Script>,
    pub(super) seed: u64,
    course: Arc<Course>,
    /// What `setup` returned. It goes to each virtual user by value.
    data: OnceLock<Json>,
}

/// One virtual user that iterates a function.
#[derive(Debug)]
struct Caller {
    shared: Arc<Shared>,
    function: Arc<str>,
    ready: Option<Ready>,
    /// How many iterations it began.
    begun: u64,
}

/// A state that can iterate.
#[derive(Debug)]
struct Ready {
    state: State,
    iterator: mlua::Function,
    /// What `setup` returned.
    data: mlua::Value,
}

impl ScriptProgram {
    pub(super) fn new(
        script: Arc<Script>,
        planned: Option<Planned>,
        bodies: Vec<Option<Arc<str>>>,
        scenario: &Scenario,
        seed: u64,
    ) -> Self {
        let course = Arc::new(Course::new(scenario, planned));
        let shared = Shared { script, seed, course, data: OnceLock::new() };
        Self { shared: Arc::new(shared), bodies }
    }

    fn has_hooks(&self) -> bool {
        let script = &self.shared.script;
        script.has(BEFORE_REQUEST) || script.has(AFTER_RESPONSE)
    }
}

impl Shared {
    pub(super) async fn state(&self, vu: &Arc<Vu>, role: Role) -> Result<State, Cut> {
        let course = self.course.clone();
        let seat = Seat { vu: Some(vu), seed: self.seed, course, role };
        State::new(self.script.source(), seat).await
    }

    pub(super) fn data(&self) -> &Json {
        self.data.get().unwrap_or(&Json::Null)
    }

    async fn setup(&self, vu: &Arc<Vu>) -> Result<(), Cut> {
        let state = self.state(vu, Role::Caretaker).await?;
        let data = state.call::<mlua::Value>(SETUP, ()).await?.unwrap_or(mlua::Value::Nil);
        let name = self.script.name();
        let data = state
            .json(&data)
            .map_err(|cause| Cut::Error(format!("{name}: what setup() returned {cause}")))?;
        // Set once: a run has one setup.
        let _ = self.data.set(data);
        Ok(())
    }

    async fn teardown(&self, vu: &Arc<Vu>) -> Result<(), Cut> {
        let state = self.state(vu, Role::Caretaker).await?;
        let data = state.value(self.data())?;
        state.call::<()>(TEARDOWN, data).await.map(drop)
    }
}

impl Program for ScriptProgram {
    fn planned(&self) -> Option<&Planned> {
        self.shared.course.planned.as_ref()
    }

    fn hooks(&self) -> Option<Arc<dyn Hooks>> {
        let hooks = || VuHooks::new(self.shared.clone());
        self.has_hooks().then(|| Arc::new(hooks()) as Arc<dyn Hooks>)
    }

    fn setup<'a>(&'a self, vu: &'a Arc<Vu>) -> BoxFuture<'a, Result<(), String>> {
        for message in self.shared.script.early() {
            vu.log(message.clone());
        }
        Box::pin(async move {
            if let Some(planned) = self.planned() {
                planned.setup(vu).await?;
            }
            match self.shared.script.has(SETUP) {
                true => finished(self.shared.setup(vu).await),
                false => Ok(()),
            }
        })
    }

    fn behaviour(&self, vu: &Arc<Vu>) -> Result<Box<dyn Behaviour>, String> {
        let shared = self.shared.clone();
        let body = self.bodies.get(vu.seat.workload).cloned().flatten();
        match (body, self.planned()) {
            (Some(function), _) => Ok(Box::new(Caller { shared, function, ready: None, begun: 0 })),
            (None, Some(planned)) => {
                if !self.has_hooks() {
                    return planned.behaviour(vu);
                }
                let hooks = Arc::new(VuHooks::new(shared));
                let inner = planned.hooked(vu, Some(hooks.clone()));
                Ok(Box::new(Hooked::new(inner, hooks)))
            }
            (None, None) => Err(format!("{}: nothing to iterate", self.shared.script.name())),
        }
    }

    fn teardown<'a>(&'a self, vu: &'a Arc<Vu>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let scripted = match self.shared.script.has(TEARDOWN) {
                true => finished(self.shared.teardown(vu).await),
                false => Ok(()),
            };
            // Both are torn down; the first failure is told.
            match self.planned() {
                Some(planned) => scripted.and(planned.teardown(vu).await),
                None => scripted,
            }
        })
    }

    fn verify<'a>(&'a self, vu: &'a Arc<Vu>, run: &'a Outturn) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if self.shared.script.has(VERIFY) {
                self.shared.verify(vu, run).await;
            }
        })
    }
}

/// That the run was stopped is no error of the script's.
fn finished(result: Result<(), Cut>) -> Result<(), String> {
    match result {
        Ok(()) | Err(Cut::Stopped) => Ok(()),
        Err(Cut::Error(error)) => Err(error),
    }
}

impl Caller {
    async fn call(&mut self, vu: &Arc<Vu>, number: u64) -> Result<(), Cut> {
        let own = self.begun;
        self.begun += 1;
        let ready = match self.ready.take() {
            Some(ready) => ready,
            None => {
                let state = self.shared.state(vu, Role::User).await?;
                let iterator = state.iterator(&self.function)?;
                let data = state.value(self.shared.data())?;
                Ready { state, iterator, data }
            }
        };
        let Ready { state, iterator, data } = &ready;
        let result = state.iterate(iterator, (own, number), data).await;
        if state.survives(&result) {
            self.ready = Some(ready);
        }
        result
    }
}

impl Behaviour for Caller {
    fn iterate<'a>(&'a mut self, vu: &'a Arc<Vu>, number: u64) -> BoxFuture<'a, Result<(), Cut>> {
        Box::pin(self.call(vu, number))
    }
}
