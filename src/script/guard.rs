//! Keeps a script from running for ever.
//!
//! A hook looks in every few thousand instructions. It lets the runtime do other
//! work, and ends the script when the run was halted or the script computed for
//! too long. An error alone would not do: `pcall` swallows it. So from then on
//! the hook fails at *every* instruction, and no frame of Lua survives that.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use mlua::debug::Debug;
use mlua::thread::AsyncThread;
use mlua::{Error, FromLuaMulti, HookTriggers, Lua, VmState};

use crate::engine::Stop;

/// How many instructions run between two looks: some 50 microseconds.
const STRIDE: u32 = 10_000;

/// Watches over one Lua state.
#[derive(Debug)]
pub(super) struct Guard {
    stop: Stop,
    /// How long Lua may compute without waiting for anything.
    limit: Duration,
    epoch: Instant,
    /// When Lua last got the processor, and how much of it it had before.
    since: AtomicU64,
    spent: AtomicU64,
    deadline: Option<Instant>,
    ended: AtomicU8,
    place: Mutex<Option<String>>,
}

/// Why a script was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The run was halted.
    Stopped = 1,
    /// It computed for too long.
    Busy = 2,
    /// `setup` or `teardown` took too long.
    Late = 3,
}

impl Guard {
    pub(super) fn new(stop: Stop, limit: Duration, deadline: Option<Instant>) -> Self {
        Self {
            stop,
            limit,
            epoch: Instant::now(),
            since: AtomicU64::new(0),
            spent: AtomicU64::new(0),
            deadline,
            ended: AtomicU8::new(0),
            place: Mutex::default(),
        }
    }

    pub(super) fn watch(self: &Arc<Self>, lua: &Lua) -> mlua::Result<()> {
        self.hook(lua, STRIDE)
    }

    /// An error from the moment the script is to end.
    pub(super) fn check(self: &Arc<Self>, lua: &Lua) -> mlua::Result<()> {
        match self.ended().or_else(|| self.due()) {
            None => Ok(()),
            Some(end) => {
                self.remember(lua);
                Err(self.end(lua, end))
            }
        }
    }

    /// Whether the script may compute further, for what computes in its stead.
    pub(super) fn may_go_on(&self) -> bool {
        self.ended().or_else(|| self.due()).is_none()
    }

    /// Ends the script; `pcall` does not help it.
    pub(super) fn end(self: &Arc<Self>, lua: &Lua, end: End) -> Error {
        if self.ended().is_none() {
            self.ended.store(end as u8, Ordering::Relaxed);
        }
        // What fails here fails for want of memory, and is an error as well.
        self.hook(lua, 1).err().unwrap_or_else(|| Error::runtime("the script was ended"))
    }

    pub(super) fn ended(&self) -> Option<End> {
        match self.ended.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(End::Stopped),
            2 => Some(End::Busy),
            _ => Some(End::Late),
        }
    }

    /// Where the script was when it was ended: `custom.lua:3`.
    pub(super) fn place(&self) -> Option<String> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The script waited for something: it may compute as long again.
    pub(super) fn rested(&self) {
        self.spent.store(0, Ordering::Relaxed);
        self.since.store(self.now(), Ordering::Relaxed);
    }

    fn due(&self) -> Option<End> {
        if self.stop.check().is_err() {
            Some(End::Stopped)
        } else if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            Some(End::Late)
        } else {
            let spent = self.spent.load(Ordering::Relaxed) + self.running();
            (Duration::from_nanos(spent) > self.limit).then_some(End::Busy)
        }
    }

    fn hook(self: &Arc<Self>, lua: &Lua, every: u32) -> mlua::Result<()> {
        let guard = self.clone();
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(every), move |lua, _| {
            if guard.ended().is_some() && every == 1 {
                return Err(Error::runtime("the script was ended"));
            }
            match guard.ended().or_else(|| guard.due()) {
                None => Ok(VmState::Yield),
                Some(end) => {
                    guard.remember(lua);
                    Err(guard.end(lua, end))
                }
            }
        })
    }

    /// The innermost line of the script itself, not of the host's helpers.
    fn remember(&self, lua: &Lua) {
        let found = line_of_script(lua);
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_none() {
            *place = found;
        }
    }

    fn running(&self) -> u64 {
        self.now().saturating_sub(self.since.load(Ordering::Relaxed))
    }

    fn now(&self) -> u64 {
        self.epoch.elapsed().as_nanos() as u64
    }
}

/// The innermost line of the script itself that runs now: `custom.lua:3`.
pub(super) fn line_of_script(lua: &Lua) -> Option<String> {
    const DEEPEST: usize = 16;
    let line = |frame: &Debug<'_>| {
        let source = frame.source();
        let is_ours = source.source.is_some_and(|source| source.starts_with('@'));
        Some(format!("{}:{}", source.short_src?, frame.current_line()?)).filter(|_| is_ours)
    };
    (0..DEEPEST).find_map(|level| lua.inspect_stack(level, line).flatten())
}

/// A call into Lua whose time is counted.
pub(super) struct Guarded<R> {
    pub(super) thread: AsyncThread<R>,
    pub(super) guard: Arc<Guard>,
}

impl<R: FromLuaMulti> Future for Guarded<R> {
    type Output = mlua::Result<R>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.guard.since.store(self.guard.now(), Ordering::Relaxed);
        let polled = Pin::new(&mut self.thread).poll(context);
        self.guard.spent.fetch_add(self.guard.running(), Ordering::Relaxed);
        polled
    }
}
