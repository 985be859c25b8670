//! What is around a built-in server, for the faults of a scenario to befall.

use std::io;
use std::sync::Arc;

use crate::bank::store::{PrivatePostgres, Proxy, Traffic};
use crate::bank::{Bank, Database};
use crate::engine::{BoxFuture, FaultMaker, Faults, Target};
use crate::plan::{self, PlannedFault};
use crate::scenario::{FaultKind, Scenario, Victim, Way};

/// What the faults of a run can get at.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    cluster: Option<Arc<PrivatePostgres>>,
    /// The way that the server's connections to its database take.
    to_database: Option<Proxy>,
    /// The same of the virtual users to the server.
    to_server: Option<Proxy>,
}

impl Surroundings {
    /// What faults on the database need, before a server is started on it.
    pub(super) async fn of(scenario: &Scenario, database: &mut Database) -> io::Result<Self> {
        let cluster = match scenario.fault_on_postgres() {
            Some(_) => database.private_postgres().cloned(),
            None => None,
        };
        let to_database = match &cluster {
            Some(cluster) if befalls(scenario, Way::ToDatabase) => {
                let way = Proxy::to(cluster).await?;
                database.reach_by(&way);
                Some(way)
            }
            _ => None,
        };
        Ok(Self { cluster, to_database, to_server: None })
    }

    /// Where virtual users go, to reach the server that was started.
    pub(super) async fn target(&mut self, scenario: &Scenario, bank: &Bank) -> io::Result<Target> {
        if !befalls(scenario, Way::ToServer) {
            return Ok(Target::localhost(bank.addr().port()));
        }
        let way = Proxy::to_port(bank.addr()).await?;
        let target = Target::localhost(way.port());
        self.to_server = Some(way);
        Ok(target)
    }

    /// The faults of a run, and this to make them.
    pub(super) fn faults(self, scenario: &Scenario, seed: u64) -> Option<Faults> {
        let planned = plan::faults(scenario, seed);
        let maker: Arc<dyn FaultMaker> = Arc::new(self);
        (!planned.is_empty()).then_some(Faults { planned, maker })
    }

    fn cluster(&self) -> Result<&PrivatePostgres, String> {
        self.cluster.as_deref().ok_or_else(|| "there is no private PostgreSQL".to_owned())
    }

    fn way(&self, way: Way) -> Result<&Proxy, String> {
        let proxy = match way {
            Way::ToDatabase => &self.to_database,
            Way::ToServer => &self.to_server,
        };
        proxy.as_ref().ok_or_else(|| format!("the connections to {way} do not come this way"))
    }

    async fn make(&self, kind: FaultKind) -> Result<(), String> {
        match kind {
            FaultKind::KillDatabase => in_words(self.cluster()?.kill().await),
            FaultKind::StopDatabase => in_words(self.cluster()?.freeze()),
            FaultKind::CutConnections(way) => {
                let way = self.way(way)?;
                way.set(Traffic::Refuses);
                way.cut();
                Ok(())
            }
            FaultKind::SlowConnections { to, by } => {
                self.way(to)?.set(Traffic::AnswersCrawl(by));
                Ok(())
            }
        }
    }

    async fn put_right(&self, kind: FaultKind) -> Result<(), String> {
        match kind {
            FaultKind::KillDatabase => in_words(self.cluster()?.start_again().await),
            FaultKind::StopDatabase => in_words(self.cluster()?.thaw()),
            FaultKind::CutConnections(way) | FaultKind::SlowConnections { to: way, .. } => {
                self.way(way)?.set(Traffic::Flows);
                Ok(())
            }
        }
    }
}

/// Whether a fault befalls the connections that go there.
fn befalls(scenario: &Scenario, way: Way) -> bool {
    scenario.faults.iter().any(|fault| fault.kind.victim() == Victim::Connections(way))
}

impl FaultMaker for Surroundings {
    fn begin<'a>(&'a self, fault: &'a PlannedFault) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.make(fault.kind))
    }

    fn end<'a>(&'a self, fault: &'a PlannedFault) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.put_right(fault.kind))
    }
}

fn in_words(result: Result<(), impl ToString>) -> Result<(), String> {
    result.map_err(|error| error.to_string())
}
