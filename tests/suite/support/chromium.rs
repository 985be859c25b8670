use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A headless Chromium, driven through its `chromedriver`. Both go away with this.
#[derive(Debug)]
pub struct Chromium {
    driver: Child,
    pub client: Client,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Without a Chromium there is no such test: that is an error, told as such.
    pub async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is there: apt-get install chromium chromium-driver");
        let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let port = line.split("successfully on port ").nth(1)?;
                port.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("chromedriver tells its port");
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().expect("a folder");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(profile.path()).into_iter().collect())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("Chromium starts");
        Self { driver, client, _profile: profile }
    }

    /// As large as that; a phone has 400 columns.
    pub async fn resize(&self, width: u32, height: u32, scale: f64) {
        let params = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", params).await;
    }

    /// The element, when it is there and can be seen.
    pub async fn seen(&self, selector: &str) -> Element {
        let began = Instant::now();
        loop {
            if let Ok(element) = self.client.find(Locator::Css(selector)).await
                && element.is_displayed().await.unwrap_or(false)
            {
                return element;
            }
            assert!(began.elapsed() < PATIENCE, "no {selector} within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The text of an element, when it holds that word.
    pub async fn reads(&self, selector: &str, word: &str) -> String {
        let began = Instant::now();
        loop {
            let text = match self.client.find(Locator::Css(selector)).await {
                Ok(element) => element.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if text.contains(word) {
                return text;
            }
            assert!(began.elapsed() < PATIENCE, "{selector}: no `{word}` in `{text}`");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Chooses the scenario and the modes on the page, and presses the button.
    pub async fn start_run(&self, file: &str, modes: &[&str]) {
        self.seen("#start:enabled").await;
        self.click(&format!("[data-file='{file}'] label")).await;
        let boxes = self.client.find_all(Locator::Css("#modes input")).await.expect("modes");
        for mode in boxes {
            let name = mode.prop("value").await.expect("a value").expect("a name");
            if mode.is_selected().await.expect("a state") != modes.contains(&name.as_str()) {
                mode.click().await.expect("a click");
            }
        }
        self.click("#start").await;
    }

    pub async fn click(&self, selector: &str) {
        self.seen(selector).await.click().await.expect("a click");
    }

    /// The value of an expression of JavaScript.
    pub async fn value(&self, expression: &str) -> Value {
        self.client.execute(&format!("return {expression}"), Vec::new()).await.expect("a value")
    }

    /// What the page complained of: errors of scripts, and what its policy refused.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Extra::new("se/log", json!({ "type": "browser" }))).await;
        let entries = log.expect("a log");
        let entries = entries.as_array().expect("a list").iter();
        let bad = entries.filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        bad.map(ToString::to_string).collect()
    }

    pub async fn devtools(&self, cmd: &str, params: Value) -> Value {
        let command = Extra::new("goog/cdp/execute", json!({ "cmd": cmd, "params": params }));
        self.client.issue_cmd(command).await.expect("Chromium does it")
    }

    pub async fn close(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser is a child of the driver, and would outlive it.
        if let Ok(group) = i32::try_from(self.driver.id()) {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = self.driver.wait();
    }
}

fn capabilities(profile: &Path) -> Vec<(String, Value)> {
    let args = [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        // A container has neither a sandbox for root nor much of /dev/shm.
        "--no-sandbox",
        "--disable-dev-shm-usage",
    ];
    let mut args: Vec<String> = args.map(str::to_owned).to_vec();
    args.push(format!("--user-data-dir={}", profile.display()));
    vec![
        ("goog:chromeOptions".to_owned(), json!({ "args": args })),
        ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" })),
    ]
}

/// A command that only Chromium's driver knows.
#[derive(Debug)]
struct Extra {
    path: &'static str,
    body: Value,
}

impl Extra {
    fn new(path: &'static str, body: Value) -> Self {
        Self { path, body }
    }
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
