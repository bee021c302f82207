//! Ctrl-C: streams end as streams should, and the program says that all went well.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::http::{Response, follow};
use crate::process::Demo;

/// Reads to the end of the stream, which is the reconnection time and the chunk that ends a body.
fn assert_ends_well(mut stream: Response) {
    let mut last = String::new();
    while let Some(chunk) = stream.chunk() {
        last = chunk;
    }
    let time = last.strip_prefix("retry: ").and_then(|rest| rest.strip_suffix("\n\n"));
    let time: u64 = time.unwrap_or_else(|| panic!("{last:?}")).parse().unwrap();
    assert!((1000..3000).contains(&time));
}

#[test]
fn streams_end_cleanly_on_ctrl_c_and_on_sigterm() {
    for signal in ["INT", "TERM"] {
        let mut demo = Demo::start(&[]);
        let streams = ["/stream/date", "/stream/load", "/stream/tokens"].map(|path| follow(demo.address, path, None));
        demo.signal(signal);
        for stream in streams {
            assert_ends_well(stream);
        }
        assert_eq!(demo.ended().code(), Some(0));
        assert!(TcpStream::connect(demo.address).is_err());
    }
}

#[test]
fn a_client_in_the_middle_of_its_request_does_not_hold_it_up() {
    let mut demo = Demo::start(&[]);
    let mut half = TcpStream::connect(demo.address).unwrap();
    half.write_all(b"GET /stream/da").unwrap();
    let stream = follow(demo.address, "/stream/date", None);
    demo.signal("INT");
    assert_ends_well(stream);
    assert_eq!(demo.ended().code(), Some(0));
    // Closed or reset.
    assert!(!matches!(half.read(&mut [0]), Ok(1..)));
}

#[test]
fn a_closed_standard_output_is_no_reason_to_end() {
    let mut demo = Demo::start(&[]);
    demo.close_stdout();
    let mut stream = follow(demo.address, "/stream/date", None);
    stream.id();
    demo.signal("INT");
    assert_ends_well(stream);
    assert_eq!(demo.ended().code(), Some(0));
}
