//! Events of a body that somebody else has got.

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyDataStream;
use sse_tokio::EventStream;

/// The events of any [`http_body::Body`]: of a response that was asked for by other means, or of a request.
///
/// Nothing is looked at but the bytes: not the status, not the content type, not a content encoding. Nothing is sent
/// again either; see [`Connector`](crate::Connector) for that.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use bytes::Bytes;
/// use futures_util::StreamExt as _;
/// use http_body_util::Full;
///
/// let mut events = sse_hyper::events(Full::new(Bytes::from("data: one\n\ndata: two\n\n")));
/// while let Some(event) = events.next().await {
///     println!("{}", event.unwrap().data());
/// }
/// # }
/// ```
pub fn events<B>(body: B) -> EventStream<BodyDataStream<B>>
where
    B: Body<Data = Bytes>,
{
    EventStream::new(BodyDataStream::new(body))
}
