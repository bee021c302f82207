//! One pair: a server, a wire and a client, and what must come of them.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::Result;
use crate::deviation::Deviation;
use crate::judge::{Outcome, judge};
use crate::list::{END, Event, HOLD};
use crate::replay::Released;
use crate::setting::Setting;
use crate::wire::{Address, Cut, Wire};

/// A server or client that is being started.
pub(crate) type Start<'s, T> = BoxFuture<'s, Result<T>>;

/// A server that is running, until this is dropped.
pub(crate) struct Server {
    pub(crate) address: Address,
    /// None of them should end.
    pub(crate) running: JoinSet<Result<()>>,
}

/// A client that is running, until this is dropped.
pub(crate) struct Client {
    events: mpsc::UnboundedReceiver<Event>,
    running: JoinSet<Result<()>>,
}

impl Client {
    /// Runs `follow`, which is given where to report events.
    pub(crate) fn spawn<F>(follow: impl FnOnce(mpsc::UnboundedSender<Event>) -> F) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (sender, events) = mpsc::unbounded_channel();
        let mut running = JoinSet::new();
        running.spawn(follow(sender));
        Self { events, running }
    }
}

/// How a server is started.
pub(crate) type StartServer = fn(&Setting, Released) -> Start<'_, Server>;

/// How a client is started that follows the stream of this origin.
pub(crate) type StartClient = fn(&Setting, String) -> Start<'_, Client>;

/// Somebody's server and somebody's client.
pub(crate) struct Pair {
    /// The peer, as it is called on the command line.
    pub(crate) peer: &'static str,
    /// The other one.
    pub(crate) ours: &'static str,
    pub(crate) server: StartServer,
    pub(crate) client: StartClient,
    /// Where connections are cut; each time the client must resume.
    pub(crate) cuts: &'static [Cut],
    /// What the peer does otherwise than the standard. Ours does nothing otherwise.
    pub(crate) deviations: &'static [Deviation],
}

/// Longer than any pair takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the end is waited out: an event that comes once more, or a request too many, comes sooner than that.
const QUIET: Duration = Duration::from_millis(300);

impl Pair {
    /// Runs it, and says in a few words how it went.
    pub(crate) async fn run(&self, setting: &Setting) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let (release, released) = watch::channel(false);
        let server = timeout_at(deadline, (self.server)(setting, released)).await;
        let mut server = server.map_err(|_| "the server does not start")??;
        let wire = Wire::new(server.address.clone(), self.cuts).await?;
        let client = timeout_at(deadline, (self.client)(setting, wire.origin())).await;
        let mut client = client.map_err(|_| "the client does not start")??;

        let mut seen = Vec::new();
        let mut trouble = None;
        let mut quiet = None;
        loop {
            let event = tokio::select! {
                biased;
                Some(event) = client.events.recv() => event,
                () = sleep_until(quiet.unwrap_or(deadline)), if quiet.is_some() => break,
                Some(end) = client.running.join_next(), if quiet.is_none() => {
                    trouble = Some(format!("the client ended: {}", describe(end)));
                    break;
                }
                Some(end) = server.running.join_next() => {
                    trouble = Some(format!("the server ended: {}", describe(end)));
                    break;
                }
                () = sleep_until(deadline) => {
                    trouble = Some(format!("no end after {} s", PATIENCE.as_secs()));
                    break;
                }
            };
            if event.data.contains(HOLD) {
                release.send_replace(true);
            }
            if event.data.contains(END) {
                quiet = Some(Instant::now() + QUIET);
            }
            seen.push(event);
        }
        let outcome = Outcome { seen, requests: wire.requests(), cuts_left: wire.cuts_left(), trouble };
        judge(&setting.list, &outcome, self.cuts, self.deviations)
    }
}

fn describe(end: std::result::Result<Result<()>, tokio::task::JoinError>) -> String {
    match end {
        Ok(Ok(())) => "by itself".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    }
}
