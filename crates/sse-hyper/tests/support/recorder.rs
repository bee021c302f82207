//! Writes down what is told by `tracing`; and the test of what a request is called there, which both adapters have.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, subscriber};

/// A line for each event.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<String>>>);

/// A request for this URL, which has secrets, by a client that says whether it came to a proper end.
pub(crate) async fn a_request_is_told_without_its_secrets(ends: impl AsyncFnOnce(String) -> bool) {
    let recorder = Recorder::default();
    let _guard = subscriber::set_default(recorder.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    };
    let (ended, ()) = tokio::join!(ends(format!("http://me:hunter2@{address}/path?token=hunter3")), server);
    assert!(ended);
    let told = recorder.lines();
    let requests: Vec<_> = told.iter().filter(|line| line.contains("sse.request")).collect();
    assert_eq!(requests.len(), 1, "{told:?}");
    assert!(requests[0].starts_with("DEBUG sse.request") && requests[0].contains("method=GET"), "{requests:?}");
    assert!(requests[0].contains(&format!("url=http://{address}/path")), "{requests:?}");
    assert!(told.iter().all(|line| !line.contains("hunter")), "{told:?}");
}

impl Recorder {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sse"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(format!("{} {}", event.metadata().level(), event.metadata().name()));
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
