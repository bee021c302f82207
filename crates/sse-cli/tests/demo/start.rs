//! Starting, and what keeps it from starting.

use std::net::TcpListener;

use crate::http::request;
use crate::process::{Demo, fail};

#[test]
fn says_where_it_is() {
    let mut demo = Demo::start(&[]);
    assert_eq!(demo.greeting[0], format!("Dashboard:      http://{}/\n", demo.address));
    let line = format!("sse tail http://{}/stream/date\n", demo.address);
    assert!(demo.greeting[1].ends_with(&line), "{}", demo.greeting[1]);
    assert_eq!(demo.line(), "Ctrl-C ends it.\n");
    assert_eq!(request(demo.address, "GET /", "").status(), 200);
}

#[test]
fn says_where_it_can_be_reached_when_it_listens_everywhere() {
    let demo = Demo::start_on("0.0.0.0:0", &[]);
    assert!(demo.address.ip().is_loopback(), "{}", demo.greeting[0]);
    assert_eq!(request(demo.address, "GET /", "").status(), 200);
}

#[test]
fn the_made_up_certificate_needs_k() {
    let demo = Demo::start(&["--tls"]);
    assert_eq!(demo.greeting[0], format!("Dashboard:      https://{}/\n", demo.address));
    let line = format!("sse tail -k https://{}/stream/date\n", demo.address);
    assert!(demo.greeting[1].ends_with(&line), "{}", demo.greeting[1]);
}

#[test]
fn a_busy_port_is_told_with_the_option() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let (code, stderr) = fail(&address, &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("--listen") && stderr.contains(&address), "{stderr}");
}

#[test]
fn an_address_of_another_machine_is_told_with_the_option() {
    let (code, stderr) = fail("192.0.2.1:0", &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("--listen") && stderr.contains("192.0.2.1:0"), "{stderr}");
}

#[test]
fn options_out_of_range_are_wrong_usage() {
    for options in [
        &["--max-connections", "0"][..],
        &["--history", "0"],
        &["--history", "3601"],
        &["--cert", "a.pem"],
        &["--key", "a.pem"],
    ] {
        let (code, stderr) = fail("127.0.0.1:0", options);
        assert_eq!(code, 2, "{options:?}: {stderr}");
    }
    assert_eq!(fail("nowhere", &[]).0, 2);
}
