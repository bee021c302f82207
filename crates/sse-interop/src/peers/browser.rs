//! Chromium, driven over WebDriver: its own EventSource, and packages of npm that are made for browsers.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::ClientBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, json};

use crate::Result;
use crate::list::Event;
use crate::pair::{Client, Start};
use crate::setting::Setting;

/// The browser's own.
pub(crate) fn eventsource(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(page(format!("{origin}/pages/eventsource.html")))
}

/// The package event-source-polyfill.
pub(crate) fn polyfill(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(page(format!("{origin}/pages/event-source-polyfill.html")))
}

/// The package @microsoft/fetch-event-source.
pub(crate) fn fetch(_: &Setting, origin: String) -> Start<'_, Client> {
    Box::pin(page(format!("{origin}/pages/fetch-event-source.html")))
}

/// What a page collects.
async fn page(url: String) -> Result<Client> {
    let chromium = find("SSE_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])?;
    let driver = Driver::start(&find("SSE_CHROMEDRIVER", &["chromedriver"])?)?;
    let arguments = [
        "--headless",
        "--no-sandbox", // root in a container has none
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ];
    let options = json!({ "binary": chromium, "args": arguments });
    let browser = ClientBuilder::new(HttpConnector::new())
        .capabilities(Map::from_iter([("goog:chromeOptions".to_owned(), options)]))
        .connect(&format!("http://127.0.0.1:{}", driver.port))
        .await?;
    browser.goto(&url).await?;
    Ok(Client::spawn(async move |events| {
        // Dropped with this task, and the browser with it.
        let _driver = driver;
        loop {
            let seen = browser.execute("return window.seen.splice(0)", Vec::new()).await?;
            for event in serde_json::from_value::<Vec<Event>>(seen)? {
                events.send(event)?;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }))
}

/// The program that the variable names, or else the first of `names` on the PATH.
fn find(variable: &str, names: &[&str]) -> Result<PathBuf> {
    if let Some(program) = std::env::var_os(variable) {
        return Ok(program.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = names.iter().flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)));
    let program = programs.find(|file| file.is_file());
    program.ok_or_else(|| format!("no {} on PATH, and {variable} is not set", names[0]).into())
}

/// chromedriver, on a free port.
struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    fn start(program: &PathBuf) -> Result<Self> {
        let mut child = Command::new(program).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("a child without pipes")?);
        let started = stdout.by_ref().lines().map_while(std::result::Result::ok);
        // "ChromeDriver was started successfully on port 12345."
        let mut ports =
            started.filter_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok());
        let port = ports.next();
        drop(ports);
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        let mut driver = Self { child, port: 0 };
        driver.port = port.ok_or("chromedriver does not say its port")?;
        Ok(driver)
    }

    /// Asks it to go, which takes its browser with it; a kill would leave that behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(|_| ())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.shut_down().is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
