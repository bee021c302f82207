//! `/stream/load`: what this process and this machine are doing, each second.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

use super::clock::{Clock, unix_ms};
use super::connections::Connections;
use super::feed::{Feed, Ids};
use super::log::Log;

/// The feed. Samples of an earlier run are gone with it, so ids name the run: its start in Unix milliseconds.
pub(super) fn feed(now: Duration, history: usize) -> Feed {
    Feed::new(Log::new(history, 0), Ids::of_run(unix_ms(now)), Duration::from_secs(2))
}

/// Appends a sample at once and then at each whole second, for ever. A second that the timer missed has no sample:
/// nobody measured it.
pub(super) async fn run(feed: Arc<Feed>, connections: Arc<Connections>, clock: Clock) {
    let mut sampler = Sampler::new();
    loop {
        let now = clock.now();
        feed.append("load", &sampler.sample(now, connections.count()));
        let next = Duration::from_secs(now.as_secs() + 1);
        // A clock set back must not stop the samples.
        while (now..next).contains(&clock.now()) {
            clock.sleep_until(next).await;
        }
    }
}

/// Reads the system's counters. A sample takes well under a millisecond.
struct Sampler {
    system: System,
    pid: Option<Pid>,
}

/// Data of an event `load`.
#[derive(Serialize)]
struct Load {
    unix_ms: u64,
    process: Process,
    machine: Machine,
    /// Open event streams.
    connections: usize,
}

#[derive(Serialize)]
struct Process {
    /// 100 is one core fully used.
    cpu_percent: f64,
    rss_bytes: u64,
}

#[derive(Serialize)]
struct Machine {
    /// 100 is all cores fully used.
    cpu_percent: f64,
    used_bytes: u64,
    total_bytes: u64,
    load_1m: f64,
}

impl Sampler {
    fn new() -> Self {
        let what = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing().with_cpu_usage())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        Self { system: System::new_with_specifics(what), pid: sysinfo::get_current_pid().ok() }
    }

    fn sample(&mut self, now: Duration, connections: usize) -> Load {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let process = self.pid.and_then(|pid| {
            let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
            self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
            self.system.process(pid)
        });
        Load {
            unix_ms: unix_ms(now),
            process: Process {
                cpu_percent: process.map_or(0.0, |process| rounded(process.cpu_usage().into())),
                rss_bytes: process.map_or(0, sysinfo::Process::memory),
            },
            machine: Machine {
                cpu_percent: rounded(self.system.global_cpu_usage().into()),
                used_bytes: self.system.used_memory(),
                total_bytes: self.system.total_memory(),
                load_1m: rounded(System::load_average().one),
            },
            connections,
        }
    }
}

/// Two digits behind the point: more would be noise.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
