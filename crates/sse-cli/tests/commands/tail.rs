//! `sse tail` against servers of every kind of manners.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::server::{open_stream, say, serve, stream};
use crate::{run, run_with_input, sse, text};

#[test]
fn json_is_one_line_an_event_and_204_is_a_proper_end() {
    let server =
        serve(vec![stream("retry: 10\nid: 1\nevent: t\ndata: a\ndata: b\n\ndata: \"é\u{1b}\n\n: comment\n\n")]);
    let output = run(&["tail", "--json", &server.url]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stdout),
        "{\"type\":\"t\",\"data\":\"a\\nb\",\"last_event_id\":\"1\"}\n\
         {\"type\":\"message\",\"data\":\"\\\"é\\u001b\",\"last_event_id\":\"1\"}\n"
    );
    assert!(!server.request().to_ascii_lowercase().contains("last-event-id"));
    assert!(server.request().to_ascii_lowercase().contains("last-event-id: 1\r\n"));
    // The state of the connection is told, without colour where there is no terminal.
    assert!(text(&output.stderr).contains("sse: open (200 OK)\n"));
    assert!(text(&output.stderr).contains("the server ended the stream; trying again in 0.1 s"));
    assert!(text(&output.stderr).contains("204"));
}

#[test]
fn the_readable_form_has_type_id_and_data() {
    let server = serve(vec![stream("id: 1\nevent: t\ndata: a\ndata: b\n\n")]);
    let output = run(&["tail", "--once", &server.url]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "t [1] a\n  b\n"));
}

#[test]
fn count_and_type_select() {
    let server = serve(vec![open_stream("event: a\ndata: 1\n\ndata: 2\n\nevent: a\ndata: 3\n\nevent: a\ndata: 4\n\n")]);
    let output = run(&["tail", "--type", "a", "-n", "2", &server.url]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "a 1\na 3\n"));
}

#[test]
fn an_event_is_printed_at_once() {
    let server = serve(vec![open_stream("data: now\n\n")]);
    let mut child = sse().args(["tail", "--json", &server.url]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("now"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_told_comes_behind_the_events_before_it() {
    let server = serve(vec![stream("data: 1\n\ndata: 2\n\n")]);
    let path = std::env::temp_dir().join(format!("sse-tail-order-{}", std::process::id()));
    let file = std::fs::File::create(&path).unwrap();
    let (out, err) = (file.try_clone().unwrap(), file);
    let status = sse().args(["tail", "--once", &server.url]).stdout(out).stderr(err).status().unwrap();
    let both = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(status.success());
    let lines: Vec<_> = both.lines().skip(1).collect();
    let expected = ["sse: open (200 OK)", "message 1", "message 2", "sse: closed: the server ended the stream"];
    assert_eq!(lines, expected);
}

#[test]
fn once_never_asks_twice_whatever_happens() {
    for (answer, code) in [
        (stream("data: 1\n\n"), 0),
        (say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\ndata: 1\n\n"), 1),
        (say("HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\ntoo busy!"), 1),
    ] {
        let server = serve(vec![answer]);
        let output = run(&["tail", "--once", "--retry", "10", &server.url]);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        server.request();
        assert_eq!(server.requests_left(), 0);
    }
}

#[test]
fn a_body_is_posted_as_curl_would_and_never_twice() {
    let server = serve(vec![stream("data: 1\n\n")]);
    let output = run(&["tail", "-d", "a=b", "-H", "X-Test: 1", "-H", "x-test: 2", &server.url]);
    assert_eq!(output.status.code(), Some(0));
    let request = server.request();
    let lower = request.to_ascii_lowercase();
    assert!(request.starts_with("POST /stream HTTP/1.1\r\n") && request.ends_with("\r\n\r\na=b"), "{request}");
    assert!(lower.contains("content-type: application/x-www-form-urlencoded\r\n"));
    assert!(lower.contains("x-test: 1\r\n") && lower.contains("x-test: 2\r\n"));
    assert!(lower.contains("accept: text/event-stream\r\n"));
    assert_eq!(server.requests_left(), 0);

    let server = serve(vec![stream("")]);
    run_with_input(&["tail", "-X", "PUT", "-d", "@-", "-H", "Content-Type: application/json", &server.url], b"{\n}");
    let request = server.request();
    assert!(request.starts_with("PUT ") && request.ends_with("\r\n\r\n{\n}"), "{request}");
    assert_eq!(request.to_ascii_lowercase().matches("content-type").count(), 1);
}

#[test]
fn failures_are_1_and_say_what_the_server_said() {
    for (answer, says) in [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\nno such key\n", &["403", "no such key"][..]),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>x",
            &["text/html", "text/event-stream"],
        ),
        ("HTTP/1.1 301 Moved\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n", &["ftp"]),
    ] {
        let server = serve(vec![say(answer)]);
        let output = run(&["tail", &server.url]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
        for says in says {
            assert!(text(&output.stderr).contains(says), "{says}: {}", text(&output.stderr));
        }
        server.request();
        assert_eq!(server.requests_left(), 0);
    }
}

#[test]
fn reconnections_are_limited() {
    let unavailable = || say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    let server = serve((0..9).map(|_| unavailable()).collect());
    let output = run(&["tail", "--max-reconnects", "2", "--retry", "1", &server.url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("503"));
    for _ in 0..3 {
        server.request();
    }
    assert_eq!(server.requests_left(), 0);
}

#[test]
fn an_unreachable_server_is_named_as_such() {
    let output = run(&["tail", "--max-reconnects", "0", "http://127.0.0.1:1/"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot be reached") && text(&output.stderr).contains("refused"));
}

#[test]
fn silence_ends_a_connection_and_comments_do_not() {
    let server = serve(vec![open_stream("retry: 1\nid: 1\ndata: a\n\n")]);
    let output = run(&["tail", "--idle-timeout", "200", &server.url]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "message [1] a\n"));
    assert!(text(&output.stderr).contains("silent for too long"));
    let server = serve(vec![open_stream("data: a\n\n")]);
    assert_eq!(run(&["tail", "--once", "--idle-timeout", "200", &server.url]).status.code(), Some(1));
}

#[test]
fn an_event_that_is_too_large_is_dropped_with_a_warning() {
    let body = format!("id: 1\ndata: {}\n\nid: 2\ndata: ok\n\n", "x".repeat(2000));
    let server = serve(vec![stream(&body)]);
    let output = run(&["tail", "--once", "--max-event-bytes", "1000", &server.url]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "message [2] ok\n"));
    assert!(text(&output.stderr).contains("--max-event-bytes"));
}

#[test]
fn it_resumes_after_the_id_given_and_warns_of_one_that_cannot_be_sent() {
    let server = serve(vec![stream("retry: 1\nid: \u{1}\ndata: a\n\n")]);
    let output = run(&["tail", "--last-event-id", "7é", &server.url]);
    assert_eq!(output.status.code(), Some(0));
    assert!(server.request().to_ascii_lowercase().contains("last-event-id: 7é\r\n"));
    assert!(!server.request().to_ascii_lowercase().contains("last-event-id"));
    assert!(text(&output.stderr).contains("a header cannot carry the last event ID"));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let server = serve(vec![stream(&"data: x\n\n".repeat(100_000))]);
    let mut child = sse().args(["tail", "--once", &server.url]).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(!text(&output.stderr).contains("error"), "{}", text(&output.stderr));
}

#[test]
fn ctrl_c_is_130_even_while_nobody_reads_the_output() {
    for (body, read) in [("data: x\n\n".to_owned(), true), ("data: x\n\n".repeat(100_000), false)] {
        let server = serve(vec![open_stream(&body)]);
        let mut child = sse().args(["tail", &server.url]).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        if read {
            stdout.read_exact(&mut [0]).unwrap();
        } else {
            server.request();
        }
        // Only once it listens to signals does it connect, so it has heard of this one.
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn what_the_server_says_cannot_reach_the_terminal_as_it_is() {
    let server = serve(vec![say("HTTP/1.1 404 No\r\nContent-Length: 20\r\n\r\n\u{1b}]0;x\u{7}\u{1b}[2J\nerror: y")]);
    // Colour forced: as on a terminal.
    let output = sse().env("CLICOLOR_FORCE", "1").args(["tail", &server.url]).output().unwrap();
    let told = text(&output.stderr);
    // Nor begin a line of its own.
    assert!(told.contains("\\u{1b}]0;x\\u{7}\\u{1b}[2J error: y"), "{told}");
    assert!(!told.contains("\u{1b}]") && !told.contains("\u{1b}[2J"), "{told}");
}

#[test]
fn of_a_page_only_the_beginning_is_told() {
    let page = format!("HTTP/1.1 404 No\r\nConnection: close\r\n\r\n<p>\n  Not here\n{}", "x".repeat(1000));
    let output = run(&["tail", &serve(vec![say(page)]).url]);
    let told = text(&output.stderr).lines().find(|line| line.contains("the server says")).unwrap();
    assert!(told.starts_with("sse: the server says: <p> Not here xxx") && told.ends_with("xxx…"), "{told}");
    assert!(told.chars().count() < 350, "{told}");
}

#[test]
fn json_keeps_control_characters_escaped() {
    let server = serve(vec![stream("id: a\u{7f}\u{1b}b\ndata: \u{9b}31m\n\n")]);
    let output = run(&["tail", "--once", "--json", &server.url]);
    let expected = "{\"type\":\"message\",\"data\":\"\\u009b31m\",\"last_event_id\":\"a\\u007f\\u001bb\"}\n";
    assert_eq!(text(&output.stdout), expected);
}

#[test]
fn secrets_of_the_address_are_not_shown() {
    let output = run(&["tail", "--once", "http://me:hunter2@127.0.0.1:1/stream?token=hunter3"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("http://127.0.0.1:1/stream?..."), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("hunter"), "{}", text(&output.stderr));
}

#[test]
fn nobody_has_to_read_the_errors() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = sse().args(["tail", "--once", "http://127.0.0.1:1/"]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn silence_counts_before_the_head_too_and_data_is_joined() {
    let silent = Box::new(|connection: &mut std::net::TcpStream| {
        let _ = connection.read(&mut [0]);
    });
    let server = serve(vec![silent]);
    let output = run(&["tail", "--idle-timeout", "200", "-d", "a=1", "-d", "b=2", &server.url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("silent for too long"), "{}", text(&output.stderr));
    assert!(server.request().ends_with("\r\n\r\na=1&b=2"));
}

#[test]
fn a_coding_that_is_not_decoded_is_named() {
    let coded = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: compress\r\nConnection: close\r\n\r\n\u{1}";
    let output = run(&["tail", "--once", &serve(vec![say(coded)]).url]);
    assert!(text(&output.stderr).contains("\"compress\""), "{}", text(&output.stderr));
}
