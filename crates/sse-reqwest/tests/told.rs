//! What a request is called by `tracing`. In a process of its own: whether anybody listens to a place in the code is
//! remembered for all threads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that fails is allowed to panic

#[path = "../../sse-hyper/tests/support/recorder.rs"]
mod recorder;

use futures_util::StreamExt as _;
use recorder::Recorder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tracing::subscriber;

#[tokio::test]
async fn a_request_is_told_without_its_secrets() {
    let recorder = Recorder::default();
    let _guard = subscriber::set_default(recorder.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}/path", listener.local_addr().unwrap());
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(origin.replace("//", "//me:hunter2@").replace("path", "path?token=hunter3"));
    let connector = sse_reqwest::Connector::new(request).unwrap();
    let mut source = connector.subscribe(sse_reqwest::Policy::default());
    let (end, ()) = tokio::join!(source.next(), server);
    assert!(end.is_none(), "{end:?}");
    let told = recorder.lines();
    let requests: Vec<_> = told.iter().filter(|line| line.contains("sse.request")).collect();
    assert_eq!(requests.len(), 1, "{told:?}");
    assert!(requests[0].starts_with("DEBUG sse.request") && requests[0].contains("method=GET"), "{requests:?}");
    assert!(requests[0].contains(&format!("url={origin}")), "{requests:?}");
    assert!(told.iter().all(|line| !line.contains("hunter")), "{told:?}");
}
