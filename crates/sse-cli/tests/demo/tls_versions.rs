//! TLS 1.2 and 1.3, and nothing older: the refusals, byte by byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::process::Demo;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;
const PROTOCOL_VERSION: u8 = 70;

/// Sends `hello`; gives what the server says until it closes or has said one record.
fn answer(address: SocketAddr, hello: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.write_all(hello).unwrap();
    let mut said = vec![0; 5];
    if socket.read_exact(&mut said).is_err() {
        return Vec::new();
    }
    let length = u16::from_be_bytes([said[3], said[4]]);
    said.resize(5 + usize::from(length), 0);
    socket.read_exact(&mut said[5..]).unwrap();
    said
}

/// A ClientHello that the server would take, were it not for the version that it offers.
fn hello(version: [u8; 2]) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([7; 32]); // random
    body.push(0); // no session
    // ECDHE with AES-GCM, ECDHE with AES-CBC, AES-CBC, 3DES.
    let suites = [0xc02b_u16, 0xc02f, 0xc009, 0xc013, 0x002f, 0x000a];
    body.extend(length16(suites.len() * 2));
    body.extend(suites.iter().flat_map(|suite| suite.to_be_bytes()));
    body.extend([1, 0]); // no compression
    let extensions = [
        extension(10, &[0, 4, 0, 29, 0, 23]), // groups: x25519, secp256r1
        extension(11, &[1, 0]),               // points: uncompressed
        extension(13, &[0, 4, 4, 3, 8, 4]),   // signatures: ECDSA with SHA-256, RSA-PSS with SHA-256
    ]
    .concat();
    body.extend(length16(extensions.len()));
    body.extend(extensions);

    let mut record = vec![HANDSHAKE, version[0], version[1]];
    record.extend(length16(4 + body.len()));
    record.extend([1, 0]); // ClientHello, length of three bytes
    record.extend(length16(body.len()));
    record.extend(body);
    record
}

/// The ClientHello of SSLv2, which had a form of its own.
fn hello_v2() -> Vec<u8> {
    let mut body = vec![1, 0, 2]; // CLIENT-HELLO, version 0.2
    let suites = [[1, 0, 0x80], [7, 0, 0xc0], [3, 0, 0x80]]; // RC4, 3DES, RC2, each with MD5
    body.extend(length16(suites.len() * 3));
    body.extend(length16(0)); // no session
    body.extend(length16(16));
    body.extend(suites.concat());
    body.extend([7; 16]); // challenge
    let mut record = length16(body.len() | 0x8000).to_vec();
    record.extend(body);
    record
}

fn extension(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[0, kind], &length16(content.len())[..], content].concat()
}

fn length16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap().to_be_bytes()
}

#[test]
fn ssl_3_and_tls_1_0_and_1_1_are_refused() {
    let demo = Demo::start(&["--tls"]);
    // The hello itself is fine: TLS 1.2 is answered.
    let said = answer(demo.address, &hello([3, 3]));
    assert_eq!((said[0], said[5]), (HANDSHAKE, SERVER_HELLO), "TLS 1.2: {said:?}");
    for (name, version) in [("SSL 3", [3, 0]), ("TLS 1.0", [3, 1]), ("TLS 1.1", [3, 2])] {
        let said = answer(demo.address, &hello(version));
        assert_eq!(said.first(), Some(&ALERT), "{name}: {said:?}");
        assert_eq!(said[5..], [2, PROTOCOL_VERSION], "{name}: fatal, and says why");
    }
}

#[test]
fn ssl_2_is_refused() {
    let demo = Demo::start(&["--tls"]);
    let said = answer(demo.address, &hello_v2());
    assert!(said.is_empty() || said[0] == ALERT, "{said:?}");
    // And as many clients sent it around 2000: SSLv2's form, offering TLS 1.0.
    let mut compatible = hello_v2();
    compatible[3..5].copy_from_slice(&[3, 1]);
    let said = answer(demo.address, &compatible);
    assert!(said.is_empty() || said[0] == ALERT, "{said:?}");
}

#[test]
fn plain_http_is_refused() {
    let demo = Demo::start(&["--tls"]);
    let said = answer(demo.address, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(said.is_empty() || said[0] == ALERT, "{said:?}");
}
