//! curl, whose output the naive oracle reads.

use std::process::Stdio;

use sse_conformance::oracle;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::sync::mpsc;

use crate::Result;
use crate::list::Event;
use crate::ours::server;
use crate::pair::{Client, Start};
use crate::setting::Setting;
use crate::wire::PATH;

/// What curl exits with when the connection ends before the response does.
const PARTIAL: i32 = 18;

/// curl gets bytes and no more: reading them and connecting again is done here.
pub(crate) fn client(_: &Setting, origin: String) -> Start<'_, Client> {
    let url = format!("{origin}{PATH}");
    Box::pin(async { Ok(Client::spawn(async move |events| follow(&url, &events).await)) })
}

async fn follow(url: &str, events: &mpsc::UnboundedSender<Event>) -> Result<()> {
    let mut last_event_id = String::new();
    loop {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--no-buffer", "--noproxy", "*"]);
        if !last_event_id.is_empty() {
            command.args(["--header", &format!("Last-Event-ID: {last_event_id}")]);
        }
        // That the response is not whole is no news.
        let mut curl = command.arg(url).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let Some(mut stdout) = curl.stdout.take() else { return Err("a child without pipes".into()) };
        let (mut stream, mut reported) = (Vec::new(), 0);
        while stdout.read_buf(&mut stream).await? > 0 {
            // From the beginning each time: as naive as the oracle is.
            let outcome = oracle::interpret_after(&last_event_id, &stream);
            for event in outcome.events().skip(reported) {
                reported += 1;
                events.send(Event::new(&event.last_event_id, &event.event_type, &event.data))?;
            }
        }
        if let Some(event) = oracle::interpret_after(&last_event_id, &stream).events().last() {
            last_event_id.clone_from(&event.last_event_id);
        }
        let status = curl.wait().await?;
        if status.code() != Some(PARTIAL) {
            return Err(format!("curl ended: {status}").into());
        }
        tokio::time::sleep(server::RETRY).await;
    }
}
