//! Headless Chromium, driven over WebDriver by chromedriver.

use std::fmt::Debug;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use url::{ParseError, Url};

/// A page that has not come to what a test waits for after this long never will. Reconnecting takes 10 seconds.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Browser {
    client: Client,
    // Dropped last: the session lives in it.
    _driver: Driver,
}

impl Browser {
    /// A fresh browser, or None, with a loud word on stderr, where there is none.
    ///
    /// # Panics
    ///
    /// If there is none and the variable CI is set: there, a test that did not run is a failure.
    pub(crate) async fn start() -> Option<Self> {
        let (Some(chromium), Some(chromedriver)) = (
            find("SSE_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"]),
            find("SSE_CHROMEDRIVER", &["chromedriver"]),
        ) else {
            let message = "Chromium and chromedriver are needed: apt-get install chromium chromium-driver, \
                           or name them by SSE_CHROMIUM and SSE_CHROMEDRIVER";
            assert!(std::env::var_os("CI").is_none(), "{message}");
            // Straight to the terminal: the harness would keep what a passing test prints to itself.
            let _ = writeln!(std::io::stderr(), "SKIPPED: a test in a real browser. {message}.");
            return None;
        };
        let driver = Driver::start(&chromedriver);
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
            "--hide-scrollbars",
            "--force-color-profile=srgb",
        ];
        let capabilities = Map::from_iter([
            ("goog:chromeOptions".to_owned(), json!({ "binary": chromium, "args": arguments })),
            ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" })),
        ]);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("a session starts");
        Some(Self { client, _driver: driver })
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page opens");
    }

    /// Runs `script`, the body of a function, in the page, and gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until the expression `condition` is true in the page.
    ///
    /// # Panics
    ///
    /// If it is not after a minute, with the state of every widget.
    pub(crate) async fn until(&self, condition: &str) {
        let began = Instant::now();
        let script = format!("return Boolean({condition})");
        while self.run(&script).await != Value::Bool(true) {
            if began.elapsed() > PATIENCE {
                let widgets = "return [...document.querySelectorAll('[data-sse-widget]')].map((e) => ({...e.dataset}))";
                panic!("never came true: {condition}\nwidgets: {:#}", self.run(widgets).await);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What the console says, the network's errors left out: a connection that ends is what these tests are about.
    pub(crate) async fn complaints(&self) -> Vec<Value> {
        let log = self.post("se/log", json!({ "type": "browser" })).await;
        let entries = log.as_array().expect("the log is a list").iter();
        entries.filter(|entry| entry["source"] != "network").cloned().collect()
    }

    /// Lays the page out as a screen of this size would, in light or dark.
    pub(crate) async fn screen(&self, width: u32, height: u32, scale: f64, colours: &str) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": colours }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("the screen can be seen")
    }

    /// Ends the session and the browser, which dropping would only kill.
    pub(crate) async fn close(self) {
        self.client.close().await.expect("the session ends");
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    async fn post(&self, command: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Post { command, body }).await.expect("chromedriver knows the command")
    }
}

/// A command of chromedriver's own.
#[derive(Debug)]
struct Post {
    command: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.command))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// The program that the variable names, or else the first of `names` on the PATH.
fn find(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(program) = std::env::var_os(variable) {
        return Some(program.into());
    }
    let path = std::env::var_os("PATH")?;
    names
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()))
}

/// The process chromedriver, on a free port.
struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    fn start(program: &PathBuf) -> Self {
        let mut child = Command::new(program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let started = stdout.by_ref().lines().map_while(Result::ok);
        // "ChromeDriver was started successfully on port 12345."
        let port =
            started.filter_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok());
        let port = port.take(1).next().expect("chromedriver says its port");
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        Self { child, port }
    }

    /// Asks it to go, which takes its browsers with it; a kill would leave them behind.
    fn shut_down(&mut self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new())?;
        for _ in 0..50 {
            if self.child.try_wait()?.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.shut_down();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
